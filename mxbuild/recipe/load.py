"""A recipe file as a Recipe, or everything that is wrong with it, each with its line."""

import re
import shlex
import stat
from pathlib import Path

import msgspec

from mxbuild import toml
from mxbuild.errors import RecipeError
from mxbuild.recipe.check import check
from mxbuild.recipe.fault import Fault, dotted, position, printable, shown
from mxbuild.recipe.locate import locate
from mxbuild.recipe.model import Recipe
from mxbuild.recipe.structure import structure

LARGEST = 1 << 20
"""Bytes; a recipe has some ten thousand."""

WHERE = re.compile(
    r"^(?P<text>.*) \((?:at line (?P<line>[0-9]+), column (?P<column>[0-9]+)|at end of document)\)$", re.DOTALL
)
"""A TOML reader's message."""


def load(path: Path) -> Recipe:
    """Read and check a recipe.

    Raises:
        RecipeError: it cannot be read, is no TOML, or has faults; `details` holds all of them, by line.
    """
    text = _read(path)
    try:
        data = toml.loads(text)
    except RecursionError:
        raise _error(path, [f"{printable(str(path))}: tables or arrays are nested too deeply"]) from None
    except ValueError as error:  # TOMLDecodeError, and a number with thousands of digits
        raise _error(path, [_syntax(str(path), text, error)]) from None
    faults: list[Fault] = []
    recipe = structure(data, Recipe, (), faults)
    spoiled = {fault.path for fault in faults if not fault.spoils} | {p for fault in faults for p in fault.spoils}
    faults += [fault for fault in check(recipe) if not any(_below(fault, path) for path in spoiled)]
    if not faults:
        return msgspec.convert(data, Recipe)
    places = locate(text)
    faults.sort(key=lambda fault: (position(fault, places), fault.text))
    raise _error(path, [_rendered(str(path), text, position(fault, places), fault) for fault in faults])


def _below(fault: Fault, path: tuple[str | int, ...]) -> bool:
    """Whether the fault lies below `path`, or comes of what lies below it."""
    return fault.path[: len(path)] == path or (bool(fault.about) and fault.about[: len(path)] == path)


def _rendered(file: str, text: str, span: tuple[int, int], fault: Fault) -> str:
    name = dotted(fault.path)
    return shown(file, text, *span, f"{name}: {fault.text}" if name else fault.text)


def _read(path: Path) -> str:
    """The file's text with plain newlines."""
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
        raise _error(path, [f"{file}:{line}: byte 0x{raw[error.start]:02x} is not UTF-8"]) from None


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


def _error(path: Path, faults: list[str]) -> RecipeError:
    count = "a fault" if len(faults) == 1 else f"{len(faults)} faults"
    return RecipeError(
        f"{printable(str(path))} has {count}",
        details=faults,
        remedy=f"correct it, then: mxbuild recipes validate {shlex.quote(printable(str(path)))}",
    )
