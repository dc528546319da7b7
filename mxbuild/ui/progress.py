"""The running install at a terminal: what is finished in a line each, what runs now in a region that is redrawn."""

import signal
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any, final

from rich.text import Text

from mxbuild.model import Compiling, Event, Line, Message, Progress, StepFailed, StepFinished, StepSkipped, StepStarted
from mxbuild.ui import bars
from mxbuild.ui.console import BAD, GOOD, HEAD, WARN, Screen
from mxbuild.ui.quantities import duration, occupied
from mxbuild.ui.region import Region

OPENING = ""
"""In place of a step's name: what goes on before the first one."""
REDRAWS = 2
"""Redraws a second, as often as the make step tells its state."""
BROADEST = 100
"""Columns that are used; farther apart, a name and its time are not read together."""
TAKEN = 16
"""Columns of a finished line beside its title and what is said of it: the sign, gaps, and a time."""
MARGIN = 4
"""Columns left free at the right: the terminal writes `^C` there, which must not begin a new line."""


@dataclass
class Running:
    """The step under way, as its events told it."""

    title: str
    started: float
    parts: dict[str, Progress] = field(default_factory=dict)
    compiling: Compiling | None = None


@final
class LiveScreen:
    """Draws events as they come, from any thread. Used as a context; the region is gone when it ends.

    Args:
        verbose: the children's own lines scroll by above the region.
        opening: what is done before there is any event; nothing of it stays.
        clock: seconds that never go backwards.
    """

    def __init__(
        self,
        screen: Screen,
        *,
        verbose: bool = False,
        opening: str = "",
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._console = screen.console
        self._glyphs = screen.glyphs
        self._verbose = verbose
        self._opening = opening
        self._clock = clock
        self._lock = threading.Lock()
        """Guards what is known. Never held while something is printed: drawing takes it."""
        self._drawing = threading.Lock()
        """One writer at a time."""
        self._running: dict[str, Running] = {}
        self._ended = False
        self._wake = threading.Event()
        """To draw at once: the terminal has another size, or it is over."""
        self._ticker = threading.Thread(target=self._tick, daemon=True)
        self._before: Any = signal.SIG_DFL
        """What was done before when the terminal's size changed."""
        self._region = Region(screen.console, reflows=screen.reflows)

    def __enter__(self) -> "LiveScreen":
        if threading.current_thread() is threading.main_thread():
            self._before = signal.signal(signal.SIGWINCH, lambda *_: self._wake.set()) or signal.SIG_DFL
        if self._opening:
            self._running[OPENING] = Running(self._opening, self._clock())
            self._ticker.start()
        return self

    def __exit__(self, *exc: object) -> None:
        if threading.current_thread() is threading.main_thread():
            signal.signal(signal.SIGWINCH, self._before)
        with self._lock:
            self._running.pop(OPENING, None)
            stopped = list(self._running.values())
            self._running.clear()
        self._ended = True
        self._wake.set()
        if self._ticker.is_alive():
            self._ticker.join()
        with self._drawing:
            self._region.draw(())
            for step in stopped:
                left = self._left(self._glyphs.failed, BAD, step.title, "stopped")
                self._region.draw((), self._joined(left, self._clock() - step.started))

    def watch(self, event: Event) -> None:
        with self._lock:
            self._note(event)
        with self._drawing:
            if not self._ticker.ident and not self._ended:
                self._ticker.start()
            if (said := self._said(event)) is not None or isinstance(event, StepStarted):
                self._region.draw(self.lines(), said)

    def opened(self) -> None:
        """Nothing of the opening is left: a question may follow."""
        with self._lock:
            self._running.pop(OPENING, None)
        self.refresh()

    def refresh(self) -> None:
        """Draw what is known now."""
        with self._drawing:
            self._region.draw(self.lines())

    def _tick(self) -> None:
        while not self._ended:
            self._wake.wait(1 / REDRAWS)
            self._wake.clear()
            if not self._ended:
                self.refresh()

    def _note(self, event: Event) -> None:
        self._running.pop(OPENING, None)
        match event:
            case StepStarted():
                self._running[event.id] = Running(event.title, self._clock())
            case StepFinished() | StepFailed() | StepSkipped():
                self._running.pop(event.id, None)
            case Progress() if event.id in self._running:
                self._running[event.id].parts[event.part] = event
            case Compiling() if event.id in self._running:
                self._running[event.id].compiling = event
            case _:
                pass

    def _said(self, event: Event) -> Text | None:
        """What stays of an event."""
        signs = self._glyphs
        match event:
            case StepSkipped():
                return self._joined(self._left(signs.skipped, "", event.title, event.why), None)
            case StepFinished():
                return self._joined(self._left(signs.done, GOOD, event.title, event.detail), event.seconds)
            case StepFailed():
                return self._joined(self._left(signs.failed, BAD, event.title, "failed"), event.seconds)
            case Message():
                return Text.assemble((f"{signs.warning} ", WARN) if event.level == "warning" else "  ", event.text)
            case Line() if self._verbose:
                return Text(f"    {event.text}", no_wrap=True, overflow="ignore")
            case _:
                return None

    def _left(self, sign: str, style: str, title: str, detail: str) -> Text:
        room = _columns(self._console.width) - len(title) - TAKEN
        if "/" in detail and room > 0:
            detail = bars.ending(detail, room, self._glyphs)
        return Text.assemble((sign, style), " ", (title, HEAD), f"  {detail}" if detail else "")

    def _joined(self, left: Text, seconds: float | None) -> Text:
        right = "" if seconds is None else duration(seconds)
        return bars.lasting(left, right, _columns(self._console.width))

    def lines(self) -> Iterator[Text]:
        """What runs now; each line fits into a row, and all of them onto the terminal."""
        width, height = _columns(self._console.width), self._console.height
        with self._lock:
            steps = list(self._running.values())
            rows = [row for step in steps for row in self._step(step, width, height - len(steps))]
        yield from rows[: max(1, height - 1)]

    def _step(self, step: Running, width: int, height: int) -> list[Text]:
        make, whole = step.compiling, step.parts.get("")
        parts = [p for name, p in step.parts.items() if name]
        through = sum(map(bars.finished, parts))
        used = f"{occupied(make.memory, make.waiting)}, " if make else f"{through} done, " if through else ""
        elapsed = used + duration(max(0.0, self._clock() - step.started))
        head = Text.assemble((self._glyphs.running, GOOD), " ", (step.title, HEAD))
        lines = [bars.joined(head, elapsed, width, self._glyphs)]
        if make:
            lines.append(bars.compiling(make, width, self._glyphs))
            lines += bars.sources(make.running, width, height - 4, self._glyphs)
        elif whole:
            lines.append(bars.progress(whole, width, self._glyphs))
        lines += bars.parts(parts, width, height - len(lines) - 2, self._glyphs)
        return lines


def _columns(terminal: int) -> int:
    return min(BROADEST, terminal - MARGIN)
