"""What was seen of each worker."""

from collections.abc import Iterator, Sequence

from rich.console import RenderableType
from rich.text import Text

from mxbuild.model import Compiler, WorkerCheck
from mxbuild.resolve.workers import DANGER
from mxbuild.ui.console import BAD, GOOD, HEAD, PIPED, UNICODE, Glyphs, text
from mxbuild.ui.layout import plural, rows


def render(checks: Sequence[WorkerCheck], compiler: Compiler, width: int = PIPED, *, glyphs: Glyphs = UNICODE) -> str:
    """The screen as plain text."""
    return text(*screen(checks, compiler, glyphs), width=width)


def screen(checks: Sequence[WorkerCheck], compiler: Compiler, glyphs: Glyphs) -> Iterator[RenderableType]:
    """A line for each, and what they are good for together. Why one is not is the error's to say."""
    yield Text(f"{compiler.cxx} {compiler.version}; one file, compiled here, and asked of each")
    yield Text()
    heads = [Text(word, style=HEAD) for word in ("", "worker", "slots", "object", "speed", "compiler")]
    yield rows([heads, *(_line(check, glyphs) for check in checks)], fixed=5)
    good = [check for check in checks if check.ok]
    slots = sum(check.worker.slots for check in good)
    yield Text()
    yield Text(f"{plural(slots, 'slot')} on {plural(len(good), 'worker')} that can be used")
    if open_ones := [check.worker.name for check in checks if check.worker.transport == "tcp"]:
        yield Text(f"{', '.join(open_ones)}: {DANGER}", style=BAD)


def _line(check: WorkerCheck, glyphs: Glyphs) -> tuple[str | Text, ...]:
    sign = Text(glyphs.done, style=GOOD) if check.ok else Text(glyphs.failed, style=BAD)
    came = ("the same" if check.same else "another") if check.compiler else "none"
    speed = f"{check.speed:.2f}" if check.speed is not None else ""
    return sign, check.worker.name, str(check.worker.slots), came, speed, check.compiler
