"""Who is told about progress: a program, a person at a terminal, a CI service, or a log. Also: how to be stopped."""

import os
import signal
import sys
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from mxbuild.ui.console import Screen
    from mxbuild.ui.events import JsonLines
    from mxbuild.ui.plain import Plain
    from mxbuild.ui.progress import LiveScreen
    from mxbuild.ui.workflow import Workflow

    Consumer = JsonLines | LiveScreen | Workflow | Plain


def consumer(err: "Screen", *, json: bool, verbose: bool = False, quiet: bool = False, opening: str = "") -> "Consumer":
    """A context whose `watch` takes events. Events go to stdout as JSON; what is drawn goes to stderr.

    Args:
        opening: what is done before the first event; a terminal shows it meanwhile.
    """
    if json:
        from mxbuild.ui.events import JsonLines

        return JsonLines(sys.stdout)
    if err.live and not quiet:
        from mxbuild.ui.progress import LiveScreen

        return LiveScreen(err, verbose=verbose, opening=opening)
    from mxbuild.ui import github

    if github.runs(os.environ):
        from mxbuild.redaction import Redactor
        from mxbuild.ui.workflow import Workflow

        return Workflow(err, hide=Redactor(os.environ), verbose=verbose, quiet=quiet)
    from mxbuild.ui.plain import Plain

    return Plain(err, verbose=verbose, quiet=quiet)


def opened(told: "Consumer") -> None:
    """Take away what was shown of the opening, where something was."""
    from mxbuild.ui.progress import LiveScreen

    if isinstance(told, LiveScreen):
        told.opened()


def heed_signals() -> None:
    """A closed terminal or a `kill` ends the work like Ctrl-C does: no compiler is left behind."""

    def stop(*_: Any) -> None:
        raise KeyboardInterrupt

    for number in (signal.SIGTERM, signal.SIGHUP):
        if signal.getsignal(number) == signal.SIG_DFL:  # not under nohup
            signal.signal(number, stop)
