"""The summary of a job in GitHub Actions: what was asked and got, its checks, times and reasons, or what went wrong.

Markdown whose tables are HTML: there, nothing of a foreign text is Markdown, and jinja2 escapes it.
"""

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import jinja2
from markupsafe import Markup

from mxbuild.errors import MxbuildError
from mxbuild.foreign import inert
from mxbuild.model import CheckResult, Decision, Receipt
from mxbuild.ui import receipt as screens
from mxbuild.ui.console import UNICODE
from mxbuild.ui.quantities import duration

HERE = Path(__file__).parent
LINES, LONGEST = 60, 2000
"""Details of an error that are shown, and characters of each: of a summary over 1 MiB GitHub shows nothing."""

Hide = Callable[[str], str]


def done(
    receipt: Receipt, decisions: Sequence[Decision], hide: Hide, *, unchanged: bool = False, took: float | None = None
) -> str:
    """The summary of an install that went well.

    Args:
        decisions: of the plan; () where they are not to be shown.
        hide: takes out what is secret.
        unchanged: nothing had to be done.
        took: seconds of the run; None: of all steps, whenever they were done.
    """
    title = screens.verdict(receipt, UNICODE, unchanged=unchanged, took=took).plain
    reasons = [(d.subject, d.choice, d.why) for d in decisions]
    return _page(hide, title=title, decisions=reasons, **_tables(receipt))


def failed(error: MxbuildError, step: str, resume: str, hide: Hide) -> str:
    """The summary of a command that failed.

    Args:
        step: title of the step that failed; "" for none.
        resume: the command that goes on where this one stopped; "" for none.
    """
    about = [("step", step), ("remedy", error.remedy or ""), ("go on with", resume)]
    receipt = getattr(error, "receipt", None)
    return _page(
        hide,
        title=f"{UNICODE.failed} mxbuild: {error.kind}",
        error={"message": error.message, "details": [line[:LONGEST] for line in error.details[:LINES]]},
        about=[row for row in about if row[1]],
        **(_tables(receipt) if isinstance(receipt, Receipt) else {}),
    )


def _tables(receipt: Receipt) -> dict[str, Any]:
    return {
        "receipt": receipt,
        "features": [
            (
                UNICODE.failed if not f.ok else UNICODE.done if f.decided == "on" else UNICODE.skipped,
                f.feature,
                f.asked,
                f.decided,
                ", ".join(map(_said, f.evidence)) if f.decided == "on" or not f.ok else f.why,
            )
            for f in receipt.features
        ],
        "checks": [(_sign(c), c.name, c.detail if c.ok else _said(c)) for c in receipt.checks],
        "warnings": [(warning,) for warning in receipt.warnings],
        "times": [(step, duration(seconds)) for step, seconds in receipt.seconds.items()],
        "origin": list(_origin(receipt)),
    }


def _said(check: CheckResult) -> str:
    if check.status == "passed":
        return check.name
    return f"{check.name} {check.status}" + (f": {check.detail}" if check.detail else "")


def _sign(check: CheckResult) -> str:
    return UNICODE.done if check.status == "passed" else UNICODE.untried if check.ok else UNICODE.failed


def _origin(receipt: Receipt) -> Iterator[tuple[str, str]]:
    yield from screens.origin(receipt)
    yield "wheel", receipt.wheel
    yield "SHA-256", receipt.wheel_sha256
    yield "mxbuild", receipt.mxbuild


def _page(hide: Hide, **values: Any) -> str:
    def clean(value: Any) -> Any:
        return value if isinstance(value, Markup) or not isinstance(value, str) else inert(hide(value))

    made = jinja2.Environment(
        loader=jinja2.FileSystemLoader(HERE), autoescape=True, trim_blocks=True, lstrip_blocks=True, finalize=clean
    )
    made.filters["flat"] = lambda text: " ".join(str(text).split())
    return made.get_template("summary.md").render(**values)
