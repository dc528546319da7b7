"""The screen of `verify --deep`: every case, and how near to the recorded answer it came."""

from collections.abc import Iterator

from rich.console import RenderableType
from rich.text import Text

from mxbuild.model import CaseResult, Comparison
from mxbuild.ui.console import BAD, GOOD, HEAD, PIPED, UNICODE, WARN, Glyphs, text
from mxbuild.ui.layout import heading, rows

WORDS = {"failed": "differs", "absent": "not in this release", "not run": "not run"}


def render(comparison: Comparison, width: int = PIPED, *, glyphs: Glyphs = UNICODE) -> str:
    """The screen as plain text."""
    return text(*screen(comparison, glyphs), width=width)


def screen(comparison: Comparison, glyphs: Glyphs) -> Iterator[RenderableType]:
    """A table for each group of cases, and the count with the answers' origin."""
    groups = dict.fromkeys(result.case.partition(".")[0] for result in comparison.results)
    column = max((len(_name(result)) for result in comparison.results), default=0)
    for group in groups:
        yield heading(group.replace("_", " ").capitalize())
        chosen = [result for result in comparison.results if result.case.startswith(f"{group}.")]
        yield rows([_row(result, glyphs) for result in chosen], fixed=2, widths=(1, column))
    sign, style = (glyphs.done, GOOD) if comparison.ok else (glyphs.failed, BAD)
    yield Text.assemble("\n", (f"{sign} ", style), (summary(comparison), HEAD))


def summary(comparison: Comparison) -> str:
    """`58 of 58 cases as recorded from the PyPI wheel mxnet 0.12.1 (Python 3.8.18, ...), 3 not in this release`."""
    first, _, rest = comparison.counted.partition(", ")
    return f"{first} from {comparison.origin}" + (f"; {rest}" if rest else "")


def said(result: CaseResult) -> str:
    """A case in words: where it stands, and by how much."""
    if result.status == "passed":
        return nearness(result.worst)
    return f"{WORDS[result.status]}: {result.detail}" if result.detail else WORDS[result.status]


def nearness(worst: float) -> str:
    """`the same`, or `within 3% of the tolerance`."""
    if worst == 0:
        return "the same"
    percent = worst * 100
    return f"within {percent:.0f}% of the tolerance" if percent >= 1 else "within 1% of the tolerance"


def _name(result: CaseResult) -> str:
    return result.case.partition(".")[2].replace("_", " ")


def _row(result: CaseResult, glyphs: Glyphs) -> tuple[str | Text, ...]:
    signs = {"passed": (glyphs.done, ""), "failed": (glyphs.failed, BAD), "absent": (glyphs.skipped, "")}
    sign, style = signs.get(result.status, (glyphs.untried, WARN))
    return Text(sign, style=style), _name(result), Text(said(result), style=style if result.status == "failed" else "")
