"""Who is told about progress: a program, a person at a terminal, or a log. Also: how to be stopped."""

import signal
import sys
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from mxbuild.ui.console import Screen
    from mxbuild.ui.events import JsonLines
    from mxbuild.ui.plain import Plain
    from mxbuild.ui.progress import LiveScreen

    Consumer = JsonLines | LiveScreen | Plain


def consumer(err: "Screen", *, json: bool, verbose: bool = False, quiet: bool = False) -> "Consumer":
    """A context whose `watch` takes events. Events go to stdout as JSON; what is drawn goes to stderr."""
    if json:
        from mxbuild.ui.events import JsonLines

        return JsonLines(sys.stdout)
    if err.live and not quiet:
        from mxbuild.ui.progress import LiveScreen

        return LiveScreen(err, verbose=verbose)
    from mxbuild.ui.plain import Plain

    return Plain(err, verbose=verbose, quiet=quiet)


def heed_signals() -> None:
    """A closed terminal or a `kill` ends the work like Ctrl-C does: no compiler is left behind."""

    def stop(*_: Any) -> None:
        raise KeyboardInterrupt

    for number in (signal.SIGTERM, signal.SIGHUP):
        if signal.getsignal(number) == signal.SIG_DFL:  # not under nohup
            signal.signal(number, stop)
