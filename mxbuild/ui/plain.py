"""Progress for logs: a line when a step starts and ends, few in between, never a cursor code."""

import threading
import time
from collections.abc import Callable
from typing import final

from rich.text import Text

from mxbuild.model import (
    FIRST_TIME,
    Compiling,
    Event,
    Line,
    Message,
    Progress,
    StepFailed,
    StepFinished,
    StepSkipped,
    StepStarted,
)
from mxbuild.ui.console import BAD, GOOD, HEAD, WARN, Screen
from mxbuild.ui.heartbeat import EVERY, Heartbeat
from mxbuild.ui.quantities import amount, duration, occupied, remaining, unit

SHARE = 0.05
"""Part of the whole that is worth a line of its own ..."""
AT_LEAST = 5.0
"""... but not sooner than so many seconds after the last one."""


@final
class Plain:
    """One line per step start and end; at most one progress line per 60 s or 5 %, and one after 60 s of silence.

    Args:
        verbose: the children's own lines too.
        quiet: nothing but warnings.
    """

    def __init__(
        self, screen: Screen, *, verbose: bool = False, quiet: bool = False, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._screen = screen
        self._verbose = verbose
        self._quiet = quiet
        self._clock = clock
        self._lock = threading.Lock()
        self._open = True
        self._said = (0.0, 0.0)
        """When the last line about the running step was written, and the share that was done then."""
        self.heartbeat = Heartbeat(self._lock, self._still, clock)

    def __enter__(self) -> "Plain":
        self.heartbeat.__enter__()
        return self

    def __exit__(self, *exc: object) -> None:
        self.heartbeat.__exit__(*exc)

    def watch(self, event: Event) -> None:
        with self._lock:
            line = self._line(event)
            if line is not None and self._quiet and not isinstance(event, Message):
                line = None
            self.heartbeat.note(event, spoken=line is not None)
            if line is not None:
                self._write(line)

    def _still(self, step: str, title: str, seconds: float) -> None:
        del step
        if not self._quiet:
            self._write(Text(f"  {title}: still running, {duration(seconds)}"))

    def _write(self, line: Text) -> None:
        if not self._open:
            return
        try:
            self._screen.line(line)
        except BrokenPipeError:
            self._open = False

    def _line(self, event: Event) -> Text | None:
        glyphs = self._screen.glyphs
        match event:
            case StepStarted():
                self._said = (self._clock(), 0.0)
                why = "" if event.why in ("", FIRST_TIME) else f" ({event.why})"
                return Text.assemble(f"{glyphs.running} ", (event.title, HEAD), why)
            case StepSkipped():
                return Text(f"{glyphs.skipped} {event.title}: {event.why}")
            case StepFinished():
                return Text.assemble((glyphs.done, GOOD), f" {event.title}: {event.detail}, {duration(event.seconds)}")
            case StepFailed():
                return Text.assemble(
                    (glyphs.failed, BAD), f" {event.title}: {event.message}, {duration(event.seconds)}"
                )
            case Compiling() if self._due(event.done, event.total):
                share = f" ({100 * event.done // event.total} %)" if event.total else ""
                taken = occupied(event.memory, event.waiting)
                return Text(f"  {event.done} of {event.total} objects{share}, {taken}, {remaining(event.eta)}")
            case Progress() if self._due(event.done, None if event.part else event.total):
                of = f" of {amount(event.total, event.unit)}" if event.total else ""
                name = f"{event.part}: " if event.part else ""
                return Text(f"  {name}{amount(event.done, event.unit)}{of} {unit(event.unit)}  {event.text}".rstrip())
            case Message():
                if event.level == "warning":
                    return Text.assemble(("warning: ", WARN), event.text)
                return None if self._quiet else Text(f"  {event.text}")
            case Line():
                return Text(f"    {event.text}") if self._verbose else None
            case _:
                return None

    def _due(self, done: int, total: int | None) -> bool:
        now, share = self._clock(), done / total if total else 0.0
        since, before = now - self._said[0], self._said[1]
        if since < EVERY and not (share - before >= SHARE and since >= AT_LEAST):
            return False
        self._said = (now, share)
        return True
