"""Names in the source replaced by others, as the recipe says: counted first, so that only what is known is changed."""

import re
from collections.abc import Iterable, Sequence
from itertools import groupby
from pathlib import Path

from mxbuild import durable
from mxbuild.errors import SourceError
from mxbuild.model import Substitution


def apply(tree: str, substitutions: Sequence[Substitution]) -> None:
    """Replace each in its file, in one rename a file; what is replaced already stays.

    Raises:
        SourceError: a name is not there as often as the recipe says.
        OSError: a file cannot be read or written.
    """
    for file, rows in _by_file(substitutions):
        path = Path(tree, file)
        text = path.read_bytes()
        if all(_count(text, s.old) == 0 and _count(text, s.new) >= s.count for s in rows):
            continue
        durable.write(path, changed(text, rows))


def changed(text: bytes, substitutions: Iterable[Substitution]) -> bytes:
    """The text with every name replaced.

    Raises:
        SourceError: a name is not there as often as the recipe says.
    """
    for s in substitutions:
        found = _count(text, s.old)
        if found != s.count:
            raise SourceError(
                f"{s.file} has {s.old} {found} times, not {s.count} as the recipe says",
                remedy="the source is another than the recipe was written for: compare its commit",
            )
        text = _pattern(s.old).sub(s.new.encode(), text)
    return text


def undone(tree: str, substitutions: Iterable[Substitution]) -> str:
    """What is not replaced; "" where all is."""
    for s in substitutions:
        try:
            found = _count(Path(tree, s.file).read_bytes(), s.old)
        except OSError:
            return f"{tree}/{s.file} is gone"
        if found:
            return f"{tree}/{s.file} still has {s.old}"
    return ""


def _by_file(substitutions: Sequence[Substitution]) -> Iterable[tuple[str, list[Substitution]]]:
    ordered = sorted(substitutions, key=lambda s: s.file)
    return [(file, list(rows)) for file, rows in groupby(ordered, key=lambda s: s.file)]


def _count(text: bytes, name: str) -> int:
    return len(_pattern(name).findall(text))


def _pattern(name: str) -> "re.Pattern[bytes]":
    """The name as a whole, without a longer one around it: `cuda::X` is not in `mshadow::cuda::X`."""
    return re.compile(rb"(?<![\w:])" + re.escape(name.encode()) + rb"(?!\w)")
