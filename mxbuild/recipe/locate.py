"""Where each key and value of a TOML text stands, which no TOML reader says.

Made for text that a TOML reader has taken: it recognises where things begin and end, not whether they are right.
"""

import re
from collections.abc import Iterator
from typing import NamedTuple

from mxbuild import toml

Path = tuple[str | int, ...]
"""Keys and indices from the top: ("features", "opencv", "apt", 0)."""

SPACE = re.compile(r"[ \t]*")
BLANK = re.compile(r"(?:[ \t\n]|#[^\n]*)*")
"""What may stand between the items of an array, and between lines."""
BARE = re.compile(r"[A-Za-z0-9_-]+")
TEXT = re.compile(
    r'"""(?:[^"\\]|\\.|"(?!""))*""""{0,2}'
    r"|'''(?:[^']|'(?!''))*''''{0,2}"
    r'|"(?:[^"\\\n]|\\.)*"'
    r"|'[^'\n]*'",
    re.DOTALL,
)
SCALAR = re.compile(r"[^,\]}\n#]*")
"""Number, boolean, date; a date may hold a blank."""


class Span(NamedTuple):
    """Half-open range of offsets."""

    start: int
    end: int


class Place(NamedTuple):
    """Where a key (an item of an array: the value again) and its value stand."""

    key: Span
    value: Span


def locate(text: str) -> dict[Path, Place]:
    """Path -> place, for every key, table and array item; () for the whole text.

    Args:
        text: TOML with plain newlines.

    Raises:
        ValueError: it is no TOML (not always noticed).
    """
    scanner = _Scanner(text)
    scanner.document()
    return scanner.places


class _Scanner:
    def __init__(self, text: str) -> None:
        self.text = text
        self.at = 0
        self.places: dict[Path, Place] = {(): Place(Span(0, 0), Span(0, 0))}
        self.counts: dict[Path, int] = {}
        """Arrays of tables -> how many of their tables were met."""

    def document(self) -> None:
        table: Path = ()
        while self.skip(BLANK) < len(self.text):
            before = self.at
            if self.text.startswith("[", self.at):
                table = self.header()
            else:
                self.pair(table)
            if self.at == before:  # no TOML after all
                return

    def skip(self, pattern: re.Pattern[str]) -> int:
        """Go over what the pattern takes; returns where that ends."""
        match = pattern.match(self.text, self.at)
        self.at = match.end() if match else self.at
        return self.at

    def over(self, mark: str) -> bool:
        """Go over `mark` where it stands here."""
        here = self.text.startswith(mark, self.at)
        self.at += len(mark) if here else 0
        return here

    def header(self) -> Path:
        """`[a.b]` or `[[a.b]]`: the path of the table that begins."""
        start = self.at
        several = self.over("[[") or not self.over("[")
        path: Path = ()
        for name, span in self.keys():
            path = self.deeper((*path, name), span)
        self.over("]]" if several else "]")
        whole = Span(start, self.at)
        if not several:
            self.places[path] = Place(whole, whole)
            return path
        path = path[:-1] if path and isinstance(path[-1], int) else path
        self.counts[path] = self.counts.get(path, 0) + 1
        path = (*path, self.counts[path] - 1)
        self.places[path] = Place(whole, whole)
        return path

    def deeper(self, path: Path, span: Span) -> Path:
        """`path`, known from here on; with the index of the latest table where it is an array of tables."""
        self.places.setdefault(path, Place(span, span))
        return (*path, self.counts[path] - 1) if path in self.counts else path

    def pair(self, table: Path) -> None:
        """`a.b = value`."""
        path, key = table, Span(self.at, self.at)
        for name, key in self.keys():
            path = (*path, name)
            self.places.setdefault(path, Place(key, key))
        self.over("=")
        self.skip(SPACE)
        self.value(path, key)

    def keys(self) -> Iterator[tuple[str, Span]]:
        """The parts of a dotted key, from here on."""
        while True:
            self.skip(SPACE)
            start = self.at
            quoted = self.text[start : start + 1] in ('"', "'")
            span = Span(start, self.skip(TEXT if quoted else BARE))
            raw = self.text[start : span.end]
            yield (toml.loads(f"k = {raw}")["k"] if quoted else raw), span
            self.skip(SPACE)
            if not self.over("."):
                return

    def value(self, path: Path, key: Span | None = None) -> None:
        start = self.at
        if self.over("["):
            self.array(path)
        elif self.over("{"):
            self.table(path)
        elif self.text[start : start + 1] in ('"', "'"):
            self.skip(TEXT)
        else:
            self.skip(SCALAR)
            self.at = start + len(self.text[start : self.at].rstrip())
        span = Span(start, self.at)
        self.places[path] = Place(key or span, span)

    def array(self, path: Path) -> None:
        for index in range(len(self.text)):
            self.skip(BLANK)
            if self.over("]"):
                return
            self.value((*path, index))
            self.skip(BLANK)
            self.over(",")

    def table(self, path: Path) -> None:
        while self.at < len(self.text):
            before = self.at
            self.skip(BLANK)
            if self.over("}"):
                return
            self.pair(path)
            self.skip(BLANK)
            self.over(",")
            if self.at == before:
                return
