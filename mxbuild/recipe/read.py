"""A recipe file as text and as TOML, or what is wrong with it before anything it says is looked at."""

import re
import shlex
import stat
from functools import lru_cache
from pathlib import Path
from typing import Any, NamedTuple

from mxbuild import toml
from mxbuild.errors import RecipeError
from mxbuild.recipe.fault import printable, shown

LARGEST = 1 << 20
"""Bytes; a recipe has some ten thousand."""

WHERE = re.compile(
    r"^(?P<text>.*) \((?:at line (?P<line>[0-9]+), column (?P<column>[0-9]+)|at end of document)\)$", re.DOTALL
)
"""A TOML reader's message."""


class File(NamedTuple):
    """A file of a recipe."""

    path: Path
    text: str
    """With plain newlines."""
    data: dict[str, Any]


def read(path: Path) -> File:
    """The file's text, and what it says as TOML.

    Raises:
        RecipeError: it cannot be read, or is no TOML.
    """
    text = _text(path)
    try:
        return File(path, text, _parsed(text))
    except toml.NestingError as error:
        raise refused(path, [f"{printable(str(path))}: {error}"]) from None
    except ValueError as error:  # TOMLDecodeError, and a number with thousands of digits
        raise refused(path, [_syntax(str(path), text, error)]) from None


@lru_cache(maxsize=16)
def _parsed(text: str) -> dict[str, Any]:
    """What a file says, to be read only: what many recipes extend is parsed once for all of them."""
    return toml.loads(text)


def refused(path: Path, faults: list[str]) -> RecipeError:
    """The error that says what is wrong with a recipe.

    Args:
        faults: each with its place.
    """
    count = "a fault" if len(faults) == 1 else f"{len(faults)} faults"
    return RecipeError(
        f"{printable(str(path))} has {count}",
        details=faults,
        remedy=f"correct it, then: mxbuild recipes validate {shlex.quote(printable(str(path)))}",
    )


def _text(path: Path) -> str:
    file = printable(str(path))
    try:
        if not stat.S_ISREG(path.stat().st_mode):  # a pipe would be waited for
            raise RecipeError(f"{file} is not a file" + (" but a directory" if path.is_dir() else ""))
        with path.open("rb") as stream:
            raw = stream.read(LARGEST + 1)
    except FileNotFoundError:
        raise RecipeError(f"there is no recipe file {file}", remedy="mxbuild recipes list") from None
    except OSError as error:
        raise RecipeError(f"{file} cannot be read: {error.strerror}") from None
    except ValueError:  # a name that no file can have
        raise RecipeError(f"there is no recipe file {file}", remedy="mxbuild recipes list") from None
    if len(raw) > LARGEST:
        raise RecipeError(f"{file} is no recipe: it is larger than {LARGEST >> 20} MiB")
    if b"\0" in raw:
        raise RecipeError(f"{file} is no recipe: it is a binary file")
    try:
        return raw.decode("utf-8-sig").replace("\r\n", "\n")
    except UnicodeDecodeError as error:
        line = raw.count(b"\n", 0, error.start) + 1
        raise refused(path, [f"{file}:{line}: byte 0x{raw[error.start]:02x} is not UTF-8"]) from None


def _syntax(file: str, text: str, error: ValueError) -> str:
    """What a TOML reader says, with the line it speaks of."""
    match = WHERE.match(str(error))
    if match is None:
        return f"{printable(file)}: a number has too many digits"
    said = f"no TOML: {match['text'][:1].lower()}{match['text'][1:]}"
    if match["line"] is None:
        end = len(text.rstrip())
        return shown(file, text, max(0, end - 1), end, f"{said}, at the end of the file")
    lines = text.split("\n")
    start = sum(len(line) + 1 for line in lines[: int(match["line"]) - 1]) + int(match["column"]) - 1
    return shown(file, text, start, start + 1, said)
