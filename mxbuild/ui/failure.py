"""An error as a person reads it: what is wrong, every complaint with its remedy, and the command that goes on."""

import re
from collections.abc import Iterator

from rich.console import RenderableType
from rich.text import Text

from mxbuild.errors import HostError, Interrupted, MxbuildError
from mxbuild.redaction import redacted
from mxbuild.ui.console import BAD, HEAD, PIPED, UNICODE, Glyphs, text
from mxbuild.ui.layout import heading, pairs, rows, verbatim

LABELLED = re.compile(
    r"^(command|first error|error|cause|log|report|file|see|signal|try|there are|looked in): (.+)$", re.DOTALL
)
"""Details with a name of their own, shown in a column; others stand as they are."""

PROSE = ("remedy", "cause", "first error", "error", "see", "there are")
"""What is read and therefore wrapped; paths and commands are copied and never are."""

COMMANDS = ("mxbuild ", "sudo ", "apt-get ", "dpkg ")


def render(
    error: MxbuildError,
    width: int = PIPED,
    *,
    step: str = "",
    resume: str = "",
    instead: str = "",
    glyphs: Glyphs = UNICODE,
) -> str:
    """The screen as plain text."""
    return text(*screen(error, glyphs, step=step, resume=resume, instead=instead), width=width)


def screen(
    error: MxbuildError, glyphs: Glyphs, *, step: str = "", resume: str = "", instead: str = ""
) -> Iterator[RenderableType]:
    """The error.

    Args:
        step: title of the step that failed; "" where no step was under way.
        resume: the command that goes on where this one stopped; "" for none.
        instead: the command that does without what failed; "" for none.
    """
    label = "" if isinstance(error, Interrupted) else "error: "  # who has stopped it knows that
    yield Text.assemble((label, BAD), (redacted(error.message), HEAD))
    if isinstance(error, HostError):
        yield from _complaints(error, glyphs)
        return
    details = [redacted(line) for line in error.details]
    labelled = [(m[1], m[2]) for line in details if (m := LABELLED.match(line))]
    loose = [line for line in details if not LABELLED.match(line)]
    if loose:
        yield Text()
        yield from (verbatim(line, indent=2) for detail in loose for line in detail.splitlines())
    commands = [("resume", redacted(resume)), ("instead", redacted(instead))]
    about = [("step", step), *labelled, ("remedy", redacted(error.remedy or "")), *commands]
    if shown := [(name, value) for name, value in about if value]:
        yield Text()
        column = max(len(name) for name, _ in shown)
        for name, value in shown:
            prose = name in PROSE and not value.startswith(COMMANDS)
            yield rows([(name.ljust(column), value)]) if prose else next(pairs([(name.ljust(column), value)]))


def _complaints(error: HostError, glyphs: Glyphs) -> Iterator[RenderableType]:
    for complaint in error.complaints:
        yield Text()
        yield rows([(Text(glyphs.failed, style=BAD), redacted(complaint.text))])
        yield verbatim(redacted(complaint.remedy), indent=5)
    if error.nearest:
        yield heading("What can be built here")
        yield from (verbatim(line, indent=5) for line in redacted(error.nearest).splitlines())
