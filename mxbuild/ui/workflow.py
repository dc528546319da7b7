"""Progress in a job of GitHub Actions: plain lines, a group for each step, an annotation for each warning."""

import threading
import time
from collections.abc import Callable
from typing import final

from mxbuild.foreign import inert
from mxbuild.model import Event, Message, StepFailed, StepFinished, StepStarted
from mxbuild.ui.console import Screen
from mxbuild.ui.github import command
from mxbuild.ui.plain import Plain

TITLE = "mxbuild"


@final
class Workflow:
    """Draws events as they come, from any thread. GitHub folds a group when it is closed: its result stands below it.

    Args:
        verbose, quiet: as Plain has them; quiet makes no groups.
        hide: takes out what is secret.
    """

    def __init__(
        self,
        screen: Screen,
        *,
        hide: Callable[[str], str],
        verbose: bool = False,
        quiet: bool = False,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._screen, self._hide, self._quiet = screen, hide, quiet
        self.plain = Plain(screen, verbose=verbose, quiet=quiet, clock=clock)
        self._lock = threading.Lock()
        """One event after the other: a line of another step would land in the wrong group."""
        self._group = ""
        """Id of the step whose group is open."""

    def __enter__(self) -> "Workflow":
        self.plain.__enter__()
        return self

    def __exit__(self, *exc: object) -> None:
        self.plain.__exit__(*exc)
        self._close()

    def watch(self, event: Event) -> None:
        with self._lock:
            match event:
                case StepStarted():
                    self._close()
                    self._open(event)
                case StepFinished() | StepFailed() if event.id == self._group:
                    self._close()
                case Message() if event.level == "warning":
                    self._say(command("warning", inert(self._hide(event.text)), title=TITLE))
                    return
                case _:
                    pass
            self.plain.watch(event)

    def _open(self, step: StepStarted) -> None:
        if not self._quiet:
            self._group = step.id
            self._say(command("group", inert(step.title)))

    def _close(self) -> None:
        if self._group:
            self._group = ""
            self._say(command("endgroup"))

    def _say(self, line: str) -> None:
        try:
            self._screen.command(line)
        except BrokenPipeError:  # the work goes on
            self._quiet = True
