"""The few shapes that all screens are made of."""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from rich.cells import cell_len
from rich.console import Console, ConsoleOptions, RenderResult
from rich.text import Text

from mxbuild.ui.console import HEAD

Cell = str | Text
GAP = 2
"""Blanks between columns."""
PROSE, LEAST = 24, 10
"""Columns that a table's last column needs to be read well, and those that one has at least."""
WORD = re.compile(r"(?:^\s*)?\S+\s*")


def heading(words: str, note: str = "") -> Text:
    """A section's name, with an empty line before it."""
    return Text.assemble("\n", (words, HEAD), f" ({note})" if note else "")


def rows(
    lines: Iterable[Sequence[Cell]],
    *,
    indent: int = 2,
    fixed: int = 1,
    widths: Sequence[int] = (),
    most: int | None = None,
) -> "Rows":
    """Cells in columns; what is wrapped goes on under itself, and no word is ever broken.

    Args:
        fixed: the first so many columns are never wrapped.
        widths: least widths of the columns, so that tables under each other line up.
        most: greatest width of the columns between those that are fixed and the last.
    """
    cells = [[cell if isinstance(cell, Text) else Text(cell.expandtabs()) for cell in line] for line in lines]
    return Rows(cells, indent, fixed, widths, most)


@dataclass(frozen=True)
class Rows:
    """A table of which every word can be copied: one that has no room in its column is as long as it is."""

    lines: Sequence[Sequence[Text]]
    indent: int
    fixed: int
    widths: Sequence[int]
    most: int | None

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        """A Text for each line, which nothing wraps again."""
        del console
        room = options.max_width - self.indent
        columns = self._columns(room)
        below = sum(columns) + GAP * (len(columns) - 1) > room
        for line in self.lines:
            for row in _under(line, columns, room) if below else _row(line, columns, self.fixed):
                text = Text(" " * self.indent, no_wrap=True, overflow="ignore")
                text.append_text(row)
                text.rstrip()
                yield text

    def _columns(self, room: int) -> list[int]:
        """Widths; where there is not room for all, the widest that may be wrapped gives way first."""
        count = max(map(len, self.lines), default=0)
        cells = [[line[column] for line in self.lines if column < len(line)] for column in range(count)]
        widths = [max(map(_cells, column), default=0) for column in cells]
        for column, least in enumerate(self.widths[:count]):
            widths[column] = max(widths[column], least)
        between = range(self.fixed, count - 1)
        if self.most is not None:
            for column in between:
                widths[column] = min(widths[column], self.most)
        words = [max((n for n in map(_longest, column) if n <= room // 3), default=0) for column in cells]
        excess = sum(widths) + GAP * (count - 1) - room
        # Words are spared as long as that can be; then those between, as what is beside them can go below.
        last = max([PROSE, *words[-1:]])
        short = [LEAST] * (count - 1)
        for floors in ([*words[:-1], last], [*short, last], [*short, PROSE], [*short, LEAST]):
            while excess > 0:
                able = [n for n in range(self.fixed, count) if widths[n] > floors[n]]
                if not able:
                    break
                widths[max(able, key=lambda n: widths[n])] -= 1
                excess -= 1
        return widths


def _row(cells: Sequence[Text], columns: Sequence[int], fixed: int) -> Iterator[Text]:
    """The lines of one row. What follows a word that is longer than its column begins below it."""
    done: list[Text] = []
    at = first = 0
    for number, (cell, width) in enumerate(zip(cells, columns, strict=False)):
        pieces = [cell] if number < fixed and "\n" not in cell.plain else wrapped(cell, width)
        below = first
        for row, piece in enumerate(pieces, first):
            done += [Text() for _ in range(row + 1 - len(done))]
            done[row].append(" " * (at - done[row].cell_len))
            done[row].append_text(piece)
            below = row + 1 if piece.cell_len > width else below
        first = below
        at += width + GAP
    return iter(done)


def _under(cells: Sequence[Text], columns: Sequence[int], room: int) -> Iterator[Text]:
    """The lines of one row where not even its short cells have room for another: the last one stands below them."""
    *short, last = cells
    yield from _row(short, columns[:-1], len(short))
    at = (columns[0] + GAP) if short else 0
    for piece in wrapped(last, room - at):
        if piece:
            yield Text.assemble(" " * at, piece)


def wrapped(cell: Text, width: int) -> Iterator[Text]:
    """Its lines, broken at blanks only."""
    for line in cell.split(allow_blank=True):
        breaks, taken = [], 0
        for word in WORD.finditer(line.plain):
            if taken and taken + cell_len(word[0].rstrip()) > width:
                breaks.append(word.start())
                taken = 0
            taken += cell_len(word[0])
        for piece in line.divide(breaks):
            piece.rstrip()
            yield piece


def _longest(cell: Text) -> int:
    return max(map(cell_len, cell.plain.split()), default=0)


@dataclass(frozen=True)
class Fitting:
    """A table of short cells, none of which is ever cut: where it is too wide, columns are left out instead.

    Args:
        lines: the first has the names of the columns.
        spare: columns that can be missed, the first of them first.
        prose: columns that the last one needs, which is then wrapped under itself; 0: it is as short as the others.
    """

    lines: Sequence[Sequence[Cell]]
    spare: Sequence[int]
    prose: int = 0

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        """The table that fits."""
        del console
        columns = list(range(len(self.lines[0])))
        widths = [max(_cells(line[column]) for line in self.lines) for column in columns]
        if self.prose:
            widths[-1] = min(widths[-1], self.prose)
        for column in self.spare:
            if sum(widths[kept] + GAP for kept in columns) - GAP > options.max_width:
                columns.remove(column)
        lines = [[line[column] for column in columns] for line in self.lines]
        yield rows(lines, indent=0, fixed=len(columns) - (self.prose > 0))


def _cells(cell: Cell) -> int:
    return max(map(cell_len, str(cell).splitlines()), default=0)


def pairs(lines: Iterable[tuple[str, str]]) -> Iterator[Text]:
    """Names and values, each value on a line of its own that is never wrapped: paths and commands can be copied."""
    lines = list(lines)
    column = max((len(name) for name, _ in lines), default=0)
    for name, value in lines:
        yield verbatim(f"{name:<{column}}  {value}", indent=2)


def verbatim(line: str, *, indent: int = 4, style: str = "") -> Text:
    """A line that is never wrapped, so that it can be copied as it is."""
    return Text(" " * indent + line, style=style, no_wrap=True, overflow="ignore")


def plural(count: int, word: str) -> str:
    """`1 job`, `2 jobs`, `9 repositories`."""
    if count == 1:
        return f"1 {word}"
    return f"{count:,} {word[:-1]}ies" if word.endswith("y") else f"{count:,} {word}s"
