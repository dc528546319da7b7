"""One thing that is wrong with a recipe, and how it is shown: file, line, column, the line itself, a caret."""

import difflib
import json
import unicodedata
from collections.abc import Iterable, Mapping
from typing import NamedTuple

from mxbuild.recipe.locate import BARE, Path, Place

WIDTH = 100
"""Columns of the shown line; of a longer one the part around the fault is shown."""
LONGEST = 60
"""Characters of a quoted value."""


class Fault(NamedTuple):
    """What is wrong, and where."""

    path: Path
    text: str
    on_key: bool = False
    """The key is wrong (or what is missing below it), not the value."""
    about: Path = ()
    """The table that was looked into; where that is not to be trusted, this fault may be an echo."""
    spoils: tuple[Path, ...] = ()
    """What cannot be judged any more, besides the path itself (of a missing key: the key's path)."""


def quoted(value: object) -> str:
    """A value as TOML would have it, on one line, cut where it is long, with nothing that a terminal obeys."""
    if isinstance(value, int) and value.bit_length() > 4 * LONGEST:
        return "a huge number"
    text = json.dumps(value, ensure_ascii=False) if isinstance(value, str | bool) else str(value)
    text = text if len(text) <= LONGEST else text[: LONGEST - 4] + "..." + ('"' if isinstance(value, str) else "")
    return printable(text)


def printable(text: str) -> str:
    """Each character that is none to look at replaced by one that says so."""
    return "".join(c if c.isprintable() else "\N{REPLACEMENT CHARACTER}" for c in text)


def either(words: Iterable[object], link: str = "or") -> str:
    """`a, b or c`, quoted."""
    *front, last = [quoted(w) for w in words] or ["nothing"]
    return f"{', '.join(front)} {link} {last}" if front else last


def hint(name: str, known: Iterable[str]) -> str:
    """`; did you mean "x"?` where something known is near, else what there is."""
    names = list(known)
    close = closest(name, names)
    if close is not None:
        return f"; did you mean {quoted(close)}?"
    return f"; there is {either(names)}" if len(names) <= 16 else ""


def closest(name: str, known: Iterable[str]) -> str | None:
    """The known name that `name` is probably meant to be."""
    folded = {k.lower().replace("_", "-"): k for k in known}
    near = difflib.get_close_matches(name[:LONGEST].lower().replace("_", "-"), folded, 1)
    return folded[near[0]] if near else None


def dotted(path: Path) -> str:
    """The path as TOML writes it: features."a b".apt[1]; "" for the top."""
    parts = [f"[{p}]" if isinstance(p, int) else f".{p if BARE.fullmatch(p) else quoted(p)}" for p in path]
    return "".join(parts).removeprefix(".")


def position(fault: Fault, places: Mapping[Path, Place]) -> tuple[int, int]:
    """Offsets of what the caret goes under; the nearest table above where the path itself has no place."""
    path = fault.path
    while path not in places:
        path = path[:-1]
    place = places[path]
    return place.key if fault.on_key or path != fault.path else place.value


def shown(file: str, text: str, start: int, end: int, message: str) -> str:
    """`file:line:column: message`, the line, and a caret under `start` to `end` (offsets into `text`)."""
    first = text.rfind("\n", 0, start) + 1
    last = text.find("\n", start)
    line = text[first : last if last >= 0 else len(text)]
    number, column = text.count("\n", 0, first) + 1, start - first
    head = f"{printable(file)}:{number}:{column + 1}: {message}"
    if start == end or not line.strip():
        return head
    length = max(1, min(end, first + len(line)) - start)
    line, column, length = _window(line, column, length)
    before, under = line[:column], line[column : column + length]
    gutter = f"{number:5} | "
    rule = " " * (len(gutter) - 2) + "| "
    return f"{head}\n{gutter}{printable(line)}\n{rule}{' ' * _cells(before)}{'^' * max(1, _cells(under))}"


def _window(line: str, column: int, length: int) -> tuple[str, int, int]:
    """The line (tabs as blanks) cut to WIDTH around the fault, with the fault's place in what is left."""
    line = line.replace("\t", " ").rstrip()
    if len(line) <= WIDTH:
        return line, column, length
    begin = max(0, min(column - WIDTH // 3, len(line) - WIDTH))
    end = begin + WIDTH
    part = ("..." if begin else "") + line[begin:end] + ("..." if end < len(line) else "")
    return part, column - begin + (3 if begin else 0), min(length, end - column)


def _cells(text: str) -> int:
    """Columns that a terminal takes for the text."""
    return sum(0 if unicodedata.combining(c) else 2 if unicodedata.east_asian_width(c) in "WF" else 1 for c in text)
