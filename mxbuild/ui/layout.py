"""The few shapes that all screens are made of."""

from collections.abc import Iterable, Iterator, Sequence

from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from mxbuild.ui.console import HEAD

Cell = str | Text


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
    table = Table.grid(padding=(0, 2, 0, 0))
    count = max((len(line) for line in lines), default=0)
    for index in range(count):
        least = widths[index] if index < len(widths) else None
        bound = most if fixed <= index < count - 1 else None
        table.add_column(no_wrap=index < fixed, min_width=least, max_width=bound, overflow="fold")
    for line in lines:
        table.add_row(*line)
    return Padding(table, (0, 0, 0, indent))


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
