"""A log of any size through a window of a few megabytes: the lines that may say something, with their neighbours.

Nearly all lines of a log say nothing of a failure. They are never taken apart: the few words that an error may have are
searched for in a megabyte at once, which is some fifty times faster than line by line.
"""

from collections.abc import Iterator
from typing import BinaryIO, final

PIECE = 1 << 20
"""Bytes that are read at once; an unfinished line may be as long."""
BEFORE = 1 << 19
"""Bytes of the past that are kept: some 400 compile commands."""
AROUND = 24
"""Lines after one that are there when it is looked at."""


@final
class Place:
    """A line in the window."""

    def __init__(self, text: bytes, start: int, number: int) -> None:
        self._text, self._start = text, start
        end = text.find(b"\n", start)
        self._end = end if end >= 0 else len(text)
        self.number = number
        """From 1."""

    @property
    def line(self) -> bytes:
        return self._text[self._start : self._end]

    def after(self, count: int = AROUND) -> Iterator[bytes]:
        """The lines below it, the next one first."""
        end = self._end
        while count > 0 and end + 1 < len(self._text):
            start, end = end + 1, self._text.find(b"\n", end + 1)
            end = end if end >= 0 else len(self._text)
            count -= 1
            yield self._text[start:end]

    def before(self, count: int = AROUND) -> Iterator[bytes]:
        """The lines above it, the last one first."""
        end = self._start - 1
        while count > 0 and end >= 0:
            start = self._text.rfind(b"\n", 0, end) + 1
            count -= 1
            yield self._text[start:end]
            end = start - 1

    def above(self, part: bytes) -> Iterator[bytes]:
        """The lines above it that have `part` in them, the last one first."""
        end = self._start
        while (found := self._text.rfind(part, 0, end)) >= 0:
            start = self._text.rfind(b"\n", 0, found) + 1
            yield self._text[start : self._text.find(b"\n", found)]
            end = start


class Window:
    """Reads a log once, from its beginning to its end.

    Args:
        marks: a line with none of them is passed over. They may be taken away while the log is read.
    """

    def __init__(self, stream: BinaryIO, marks: tuple[bytes, ...]) -> None:
        self._stream, self.marks = stream, marks
        self.lines = self.size = 0
        """What was read."""
        self.last: tuple[bytes, ...] = ()
        """The last lines, when all was read."""

    def __iter__(self) -> Iterator[Place]:
        """The lines with a mark.

        Raises:
            OSError: the log cannot be read.
        """
        text, start = b"", 0
        for piece in self._pieces():
            text = text[max(0, start - BEFORE) :] + piece
            start = min(start, BEFORE)
            limit = len(text)
            for _ in range(AROUND + 1):
                limit = max(0, text.rfind(b"\n", 0, limit))
            limit += limit > 0  # where a line begins
            yield from self._marked(text, start, limit)
            start = max(start, limit)
        yield from self._marked(text, start, len(text))
        tail = Place(text + b"\n", len(text), self.lines)
        self.last = tuple(reversed([line for line in tail.before(AROUND) if line]))

    def _marked(self, text: bytes, start: int, limit: int) -> Iterator[Place]:
        """The marked lines that begin from `start` on and before `limit`, in their order."""
        begins = set[int]()
        for mark in self.marks:
            at = start
            while (at := text.find(mark, at, limit)) >= 0:
                begins.add(text.rfind(b"\n", 0, at) + 1)
                at = text.find(b"\n", at)
                if at < 0:
                    break
        counted = start
        for begin in sorted(begins):
            self.lines += text.count(b"\n", counted, begin)
            counted = begin
            yield Place(text, begin, self.lines + 1)
        self.lines += text.count(b"\n", counted, limit)

    def _pieces(self) -> Iterator[bytes]:
        """Whole lines, about PIECE of them at a time; of a line that is longer the beginning."""
        rest = b""
        while more := self._stream.read(PIECE):
            self.size += len(more)
            end = more.rfind(b"\n") + 1
            if not end and len(rest) > PIECE:
                continue
            whole, rest = rest + more[:end], more[end:] if end else rest + more
            if end:
                yield whole
        if rest:
            yield rest + b"\n"
