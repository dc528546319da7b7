"""What a log says, as a person reads it: the first error, why, and what to do about it."""

import re
from collections.abc import Iterator, Sequence

from rich.console import RenderableType
from rich.text import Text

from mxbuild.failures import Diagnosis, ErrorLine, Explanation
from mxbuild.failures.lines import shortened
from mxbuild.redaction import redacted
from mxbuild.ui.console import BAD, HEAD, PIPED, UNICODE, WARN, Glyphs, text
from mxbuild.ui.layout import heading, plural, rows, verbatim
from mxbuild.ui.quantities import size

THREAD = re.compile(r"^([\w.-]+/[\w.-]+)#(\d+)$")
LABEL = 7
"""Columns of the names on the left."""
UNKNOWN = (
    "the failure book does not know it. What stands above it in the log may tell more; `mxbuild bug-report` packs"
    " all that others need to look at it"
)
NOTHING = "no line of it looks like an error. Does it hold stderr too? make 2>&1 | tee build.log"


def render(seen: Diagnosis, name: str, width: int = PIPED, *, glyphs: Glyphs = UNICODE) -> str:
    """The screen as plain text."""
    return text(*screen(seen, name, glyphs), width=width)


def screen(seen: Diagnosis, name: str, glyphs: Glyphs) -> Iterator[RenderableType]:
    """All that is to be said.

    Args:
        name: the log's.
    """
    yield Text.assemble((redacted(name), HEAD), f": {plural(seen.lines, 'line')}, {size(seen.size)}")
    if seen.first is None and not seen.signs:
        if seen.tail:
            yield Text()
            yield from (verbatim(redacted(line), indent=4) for line in seen.tail)
        yield Text()
        yield rows([("remedy", NOTHING)])
        return
    if seen.first:
        yield from _first(seen.first, glyphs)
    yield from _more("No error by itself, and not well", seen.signs, glyphs.warning, WARN)
    yield from _more("Further errors that are known; they may be echoes of the first", seen.others, glyphs.failed, BAD)


def _first(error: ErrorLine, glyphs: Glyphs) -> Iterator[RenderableType]:
    place = f"{error.file}:{error.at}: " if error.file else ""
    yield Text()
    yield rows(
        [(Text(glyphs.failed, style=BAD), Text(redacted(f"line {error.line}: {place}{error.words}"), style=HEAD))]
    )
    yield Text()
    yield from (verbatim(redacted(line), indent=4) for line in error.context)
    yield Text()
    if error.command:
        yield verbatim(f"{'command':<{LABEL}}  {redacted(shortened(error.command))}", indent=2)
    if error.target:
        yield verbatim(f"{'target':<{LABEL}}  {redacted(error.target)}", indent=2)
    if error.explanation:
        yield from _explained(error.explanation)
    else:
        yield rows([("cause".ljust(LABEL), UNKNOWN)])


def _explained(known: Explanation) -> Iterator[RenderableType]:
    yield rows([("cause".ljust(LABEL), redacted(known.cause)), ("remedy".ljust(LABEL), redacted(known.remedy))])
    for label, lines in (("try", known.commands), ("see", tuple(map(address, known.sources)))):
        for number, line in enumerate(lines):
            yield verbatim(f"{'' if number else label:<{LABEL}}  {redacted(line)}", indent=2)


def _more(title: str, known: Sequence[Explanation], sign: str, style: str) -> Iterator[RenderableType]:
    if not known:
        return
    yield heading(title)
    for number, one in enumerate(known):
        yield from [Text()] * (number > 0)
        yield rows([(Text(sign, style=style), f"line {one.line}: {redacted(one.text)}")])
        yield from _explained(one)


def address(source: str) -> str:
    """A thread on GitHub as its address; anything else as it is."""
    return f"https://github.com/{match[1]}/issues/{match[2]}" if (match := THREAD.match(source)) else source
