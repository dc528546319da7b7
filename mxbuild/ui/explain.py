"""One choice: its reasons, what it rests on, and what was not chosen."""

from collections.abc import Iterator

from rich.console import RenderableType
from rich.text import Text

from mxbuild.model import Decision
from mxbuild.resolve.explain import Explanation
from mxbuild.ui.console import HEAD, PIPED, text
from mxbuild.ui.layout import heading, rows


def render(explanation: Explanation, width: int = PIPED) -> str:
    """The screen as plain text."""
    return text(*screen(explanation), width=width)


def screen(explanation: Explanation) -> Iterator[RenderableType]:
    """The subject's own decision whole, then those that belong to it."""
    first, *others = explanation.decisions
    yield Text.assemble((explanation.subject, HEAD), f"  {explanation.summary}" if explanation.summary else "")
    yield Text()
    yield rows(_lines(first))
    if first.rejected:
        yield heading("Not chosen")
        yield rows([(r.choice, r.why) for r in first.rejected])
    if others:
        yield heading("Belongs to it")
        yield rows([(d.subject, d.choice or "(empty)", d.why) for d in others])


def _lines(decision: Decision) -> Iterator[tuple[str, str]]:
    yield decision.kind, decision.choice or "(empty)"
    yield "because", decision.why + (" (asked for)" if decision.asked else "")
    for source in decision.sources:
        yield "source", source
