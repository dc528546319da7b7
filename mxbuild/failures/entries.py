"""The book as shipped, its expressions compiled, and what it says of single lines."""

import re
import shlex
import string
from collections.abc import Iterable, Iterator, Sequence
from functools import cached_property, lru_cache
from importlib.resources import files

import msgspec

from mxbuild import toml
from mxbuild.failures.lines import printable
from mxbuild.failures.model import Explanation, Failure, Form, Pages, Tool


class Entry:
    """A failure with its expressions; they are compiled when first looked for."""

    def __init__(self, failure: Failure) -> None:
        self.failure = failure

    @cached_property
    def signature(self) -> re.Pattern[str]:
        return re.compile(self.failure.signature)

    @cached_property
    def near(self) -> tuple[re.Pattern[str], ...]:
        return tuple(map(re.compile, self.failure.near))

    def explain(self, text: str, number: int, around: Sequence[str] = ()) -> Explanation | None:
        """What it says of a line; None where the line is not its own.

        Args:
            number: the line's, in its log.
            around: lines before and after it.
        """
        match = self.signature.search(text)
        if match is None or not all(any(p.search(line) for line in around) for p in self.near):
            return None
        failure = self.failure
        found = {name: printable(value or "") for name, value in match.groupdict().items()}
        quoted = {name: shlex.quote(value) if value else "" for name, value in found.items()}
        return Explanation(
            id=failure.id,
            line=number,
            text=text,
            sign=failure.sign,
            cause=filled(failure.cause, found),
            remedy=filled(failure.remedy, quoted),
            commands=tuple(filled(command, quoted) for command in failure.commands),
            sources=failure.sources,
            memory=failure.memory,
            disk=failure.disk,
        )


class Book:
    """All entries, in the order in which they are tried."""

    def __init__(self, pages: Pages) -> None:
        self.entries = tuple(map(Entry, pages.failure))
        self.forms: tuple[tuple[Form, re.Pattern[str]], ...] = tuple(
            (form, re.compile(form.signature)) for form in pages.form
        )

    def matching(self, lines: Iterable[str], tools: Sequence[Tool]) -> Iterator[tuple[Failure, Explanation]]:
        """The entries of these tools that know one of the lines, in the book's order."""
        numbered = list(enumerate(lines, 1))
        for entry in self.entries:
            if entry.failure.tool in tools:
                said = (entry.explain(text, number) for number, text in numbered)
                if known := next((s for s in said if s is not None), None):
                    yield entry.failure, known

    def explain(self, lines: Iterable[str], tools: Sequence[Tool]) -> Explanation | None:
        """What the first of them says."""
        return next((known for _, known in self.matching(lines, tools)), None)


@lru_cache(maxsize=1)
def book() -> Book:
    """The book as shipped."""
    return Book(pages(files("mxbuild").joinpath("data/failures.toml").read_text(encoding="utf-8")))


def pages(text: str) -> Pages:
    """The text of a book, checked.

    Raises:
        ValueError: it is no TOML, or has something that the model does not.
    """
    return msgspec.convert(toml.loads(text), Pages)


def filled(text: str, values: dict[str, str]) -> str:
    """`text` with the named groups put in."""
    return text.format_map(values) if "{" in text else text


def names(text: str) -> set[str]:
    """What stands in braces in `text`.

    Raises:
        ValueError: the braces do not match.
    """
    return {name for _, name, _, _ in string.Formatter().parse(text) if name is not None}
