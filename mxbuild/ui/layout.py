"""The few shapes that all screens are made of."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from rich.cells import cell_len
from rich.console import Console, ConsoleOptions, RenderResult
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from mxbuild.ui.console import HEAD

Cell = str | Text
GAP = 2
"""Blanks between columns."""


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
) -> Padding:
    """Cells in columns; the last one is wrapped under itself.

    Args:
        fixed: the first so many columns are never wrapped.
        widths: least widths of the columns, so that tables under each other line up.
        most: greatest width of the columns between those that are fixed and the last.
    """
    lines = list(lines)
    table = Table.grid(padding=(0, GAP, 0, 0))
    count = max((len(line) for line in lines), default=0)
    for index in range(count):
        least = widths[index] if index < len(widths) else None
        bound = most if fixed <= index < count - 1 else None
        table.add_column(no_wrap=index < fixed, min_width=least, max_width=bound, overflow="fold")
    for line in lines:
        table.add_row(*line)
    return Padding(table, (0, 0, 0, indent))


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
