"""How a help page is laid out: options under titles, examples that can be copied at any width."""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

import click

Examples = Sequence[tuple[str, str]]
"""Command line, and what it is for."""
Rows = Sequence[tuple[str, str]]
"""A name, and what it is."""

OWN, OUTPUT = "Options", "Output"
FEW = 8
"""Options up to which titles would be noise: all stand under one."""
BROADEST = 30
"""Columns of names at most; a longer one has its text below it."""
WHOLE = "\N{NON-BREAKING HYPHEN}"
"""In place of a hyphen while lines are made: click breaks them at one."""
WORD = re.compile(r"""(?:'[^']*'|"[^"]*"|\S)+""")


class Option(click.Option):
    """An option with the title under which it stands in a long help.

    Args:
        group: the title; "": among the command's own.
    """

    def __init__(self, *args: Any, group: str = "", **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.group = group


class Page(click.HelpFormatter):
    """Titles in bold, where that can be seen; no option, file or value is broken at its hyphen."""

    def __init__(self, *args: Any, bold: bool, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.bold = bold

    def write_usage(self, prog: str, args: str = "", prefix: str | None = None) -> None:
        """The first line."""
        super().write_usage(prog, args, self._title(prefix or "Usage: "))

    def write_heading(self, heading: str) -> None:
        """The line above a section."""
        self.write(f"{'':>{self.current_indent}}{self._title(f'{heading}:')}\n")

    def write_text(self, text: str) -> None:
        """A paragraph."""
        super().write_text(text.replace("-", WHOLE))

    def write_dl(self, rows: Iterable[tuple[str, str]], col_max: int = BROADEST, col_spacing: int = 2) -> None:
        """Names, and what they are."""
        super().write_dl([(name, text.replace("-", WHOLE)) for name, text in rows], col_max, col_spacing)

    def write(self, string: str) -> None:
        """What was laid out."""
        super().write(string.replace(WHOLE, "-"))

    def _title(self, text: str) -> str:
        return click.style(text, bold=True) if self.bold else text


class Context(click.Context):
    """Makes pages; in bold only where `color` says that a terminal shows it."""

    def make_formatter(self) -> Page:
        """A page as wide as the terminal, within limits."""
        return Page(width=self.terminal_width, max_width=self.max_content_width, bold=self.color is True)


def write_tables(tables: Mapping[str, Rows], formatter: click.HelpFormatter) -> None:
    """Sections with names in one column, as wide in each."""
    limit = min(BROADEST, formatter.width // 3)
    column = max((len(name) for rows in tables.values() for name, _ in rows if len(name) <= limit), default=0)
    for title, rows in tables.items():
        with formatter.section(title):
            formatter.write_dl([(name.ljust(column), text) for name, text in rows], col_max=column)


def titled(options: Iterable[click.Parameter], context: click.Context) -> dict[str, list[tuple[str, str]]]:
    """Title -> the options under it: the command's own first, `--help` with what is about output."""
    options = [option for option in options if isinstance(option, click.Option)]  # of arguments the text tells
    records = [(option, record) for option in options if (record := option.get_help_record(context))]
    tables: dict[str, list[tuple[str, str]]] = {OWN: []}
    if len(records) <= FEW:
        return {OWN: [record for _, record in records]}
    for option, record in records:
        tables.setdefault(getattr(option, "group", "") or OWN, []).append(record)
    own = context.command.get_help_option(context)
    if own and OUTPUT in tables and (helping := own.get_help_record(context)):
        tables[OWN].remove(helping)
        tables[OUTPUT].append(helping)
    return {title: rows for title, rows in tables.items() if rows}


def write_examples(examples: Examples, formatter: click.HelpFormatter) -> None:
    """A section of command lines, each beside its purpose or, where that is too wide for one of them, below it."""
    if not examples:
        return
    column = max(len(line) for line, _ in examples)
    indent = formatter.current_indent + formatter.indent_increment
    beside = all(indent + column + len(f"  # {purpose}") <= formatter.width for _, purpose in examples)
    with formatter.section("Examples"):
        for line, purpose in examples:
            rows = [f"{line:<{column}}  # {purpose}"] if beside else _stacked(line, purpose, formatter.width - indent)
            for row in rows:
                formatter.write(f"{'':>{indent}}{row}\n")


def _stacked(line: str, purpose: str, width: int) -> Iterator[str]:
    yield from (f"# {row}" for row in click.wrap_text(purpose, width - 2).splitlines())
    yield from folded(line, width)


def folded(line: str, width: int) -> Iterator[str]:
    """A command line in rows that a shell reads as one; quoted words stay whole."""
    row = ""
    for word in WORD.findall(line):
        if row and len(f"{row} {word} \\") > width:
            yield f"{row} \\"
            row = f"    {word}"
        else:
            row = f"{row} {word}" if row else word
    yield row
