"""The running install at a terminal: what is finished in a line each, what runs now in a region that is redrawn."""

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import final

from rich.console import Console, ConsoleOptions, RenderResult
from rich.live import Live
from rich.text import Text

from mxbuild.model import Compiling, Event, Line, Message, Progress, StepFailed, StepFinished, StepSkipped, StepStarted
from mxbuild.ui import bars
from mxbuild.ui.console import BAD, GOOD, HEAD, WARN, Screen
from mxbuild.ui.quantities import duration, occupied

REDRAWS = 2
"""Redraws a second, as often as the make step tells its state."""
BROADEST = 100
"""Columns that are used; farther apart, a name and its time are not read together."""
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
        clock: seconds that never go backwards.
    """

    def __init__(self, screen: Screen, *, verbose: bool = False, clock: Callable[[], float] = time.monotonic) -> None:
        self._console = screen.console
        self._glyphs = screen.glyphs
        self._verbose = verbose
        self._clock = clock
        self._lock = threading.Lock()
        """Guards what is known. Never held while something is printed: drawing takes it."""
        self._drawing = threading.Lock()
        """One writer at a time: rich works out how far up to go before it writes, not while it writes."""
        self._running: dict[str, Running] = {}
        self._ended = threading.Event()
        self._ticker = threading.Thread(target=self._tick, daemon=True)
        self._live = Live(
            self, console=self._console, auto_refresh=False, transient=True, vertical_overflow="crop",
            redirect_stdout=False, redirect_stderr=False,
        )  # fmt: skip

    def __enter__(self) -> "LiveScreen":
        return self

    def __exit__(self, *exc: object) -> None:
        with self._lock:
            stopped = list(self._running.values())
            self._running.clear()
        self._ended.set()
        if self._ticker.is_alive():
            self._ticker.join()
        self._live.stop()
        for step in stopped:
            self._say(self._left(self._glyphs.failed, BAD, step.title, "stopped"), self._clock() - step.started)

    def watch(self, event: Event) -> None:
        with self._lock:
            self._note(event)
        with self._drawing:
            if not self._live.is_started and not self._ended.is_set():
                self._live.start()
                self._ticker.start()
            self._print(event)

    def _tick(self) -> None:
        while not self._ended.wait(1 / REDRAWS):
            with self._drawing:
                self._live.refresh()

    def _note(self, event: Event) -> None:
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

    def _print(self, event: Event) -> None:
        signs = self._glyphs
        match event:
            case StepSkipped():
                self._say(self._left(signs.skipped, "", event.title, event.why), None)
            case StepFinished():
                self._say(self._left(signs.done, GOOD, event.title, event.detail), event.seconds)
            case StepFailed():
                self._say(self._left(signs.failed, BAD, event.title, "failed"), event.seconds)
            case Message():
                style = WARN if event.level == "warning" else ""
                self._console.print(Text.assemble((f"{signs.warning} ", style), event.text))
            case Line() if self._verbose:
                self._console.print(Text(f"    {event.text}"), soft_wrap=True)
            case _:
                pass

    @staticmethod
    def _left(sign: str, style: str, title: str, detail: str) -> Text:
        return Text.assemble((sign, style), " ", (title, HEAD), f"  {detail}" if detail else "")

    def _say(self, left: Text, seconds: float | None) -> None:
        right = "" if seconds is None else duration(seconds)
        self._console.print(bars.spread(left, right, _columns(self._console.width), self._glyphs))

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        width, height = _columns(options.max_width), console.height
        with self._lock:
            steps = list(self._running.values())
            for step in steps:
                yield from self._step(step, width, height - len(steps))

    def _step(self, step: Running, width: int, height: int) -> list[Text]:
        make, whole = step.compiling, step.parts.get("")
        parts = [p for name, p in step.parts.items() if name]
        through = sum(map(bars.finished, parts))
        used = f"{occupied(make.memory, make.waiting)}   " if make else f"{through} done   " if through else ""
        elapsed = used + duration(max(0.0, self._clock() - step.started))
        head = Text.assemble((self._glyphs.running, GOOD), " ", (step.title, HEAD))
        lines = [bars.spread(head, elapsed, width, self._glyphs)]
        if make:
            lines.append(bars.compiling(make, width, self._glyphs))
            lines += bars.sources(make.running, width, height - 4, self._glyphs)
        elif whole:
            lines.append(bars.progress(whole, width, self._glyphs))
        lines += bars.parts(parts, width, height - len(lines) - 2, self._glyphs)
        return lines


def _columns(terminal: int) -> int:
    return min(BROADEST, terminal - MARGIN)
