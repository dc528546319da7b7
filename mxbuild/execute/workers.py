"""Workers while make runs: distcc's settings, and what they did and did not do."""

import os
from collections import Counter
from collections.abc import Mapping, Sequence

from mxbuild.compile.ledger import Ledger
from mxbuild.model import Make, Message, Worker
from mxbuild.resolve.workers import DANGER

DIRECTORY = "distcc"
"""Beside the ledger: distcc's locks."""
OF_SSH = ("SSH_AUTH_SOCK", "DISTCC_SSH")
"""All of the caller's environment that make gets for workers: the agent with the keys, and another ssh."""
RIGID = {
    "DISTCC_FALLBACK": "0",
    "DISTCC_SKIP_LOCAL_RETRY": "1",
    "DISTCC_BACKOFF_PERIOD": "2",
    "DISTCC_NO_REWRITE_CROSS": "1",
    "DISTCC_IO_TIMEOUT": "3600",
}
"""distcc compiles nothing here itself: the gate would not know of it, and nobody would be told. After a failure it does
not try again, for which 3.4 needs a time for which it remembers the failure: without one, it tries without end. For an
answer it waits longer than its own 300 s: files of 1.5 and later take more."""


def settings(step: Make, environ: Mapping[str, str]) -> dict[str, str]:
    """distcc's settings; {} where there are no workers. Which worker it is, the gate says for each file.

    Args:
        environ: the caller's.

    Raises:
        OSError: the records cannot be written.
    """
    if not step.workers:
        return {}
    directory = f"{os.path.dirname(step.ledger)}/{DIRECTORY}"
    os.makedirs(directory, exist_ok=True)
    return {"DISTCC_DIR": directory, **RIGID, **of_ssh(environ)}


def of_ssh(environ: Mapping[str, str]) -> dict[str, str]:
    """What ssh gets of the caller's environment. It never asks: nobody would see it."""
    kept = {name: environ[name] for name in OF_SSH if environ.get(name)}
    return {"DISTCC_SSH": "ssh -oBatchMode=yes", **kept}


def warning(step: Make) -> str:
    """What has to be said before anything is sent; "" for nothing."""
    names = [worker.name for worker in step.workers if worker.transport == "tcp"]
    return f"{', '.join(names)}: {DANGER}" if names else ""


def lost(step: Make, worker: Worker, why: str) -> Message:
    """A worker that could not be reached."""
    text = f"{worker.name} does not compile: {why}; its files are compiled here (mxbuild workers check says more)"
    return Message(id=step.id, text=text, level="warning")


class Share:
    """What workers compiled of a build, over all its runs of make."""

    def __init__(self) -> None:
        self.away: Counter[str] = Counter()
        """Worker -> objects."""
        self.back: Counter[tuple[str, str]] = Counter()
        """(worker, why) -> objects that were compiled here instead."""

    def add(self, book: Ledger) -> None:
        """Args: `book`: what one run of make recorded."""
        good = {name for name, entry in book.finished.items() if entry.code == 0}
        self.away.update(worker for name, worker in book.away.items() if name in good)
        self.back.update(place for name, place in book.back.items() if name in good)

    @property
    def detail(self) -> str:
        """For the step's line; "" where nothing was sent."""
        gone, kept = sum(self.away.values()), sum(self.back.values())
        said = [f"{gone} on {len(self.away)} worker{'s' * (len(self.away) > 1)}"] if gone else []
        return ", ".join([*said, *([f"{kept} came back from workers"] if kept else [])])

    def complaints(self) -> Sequence[str]:
        """One line for each worker and reason of what came back."""
        return [
            f"{count} file{'s' * (count > 1)} that {worker} should have compiled "
            f"{'were' if count > 1 else 'was'} compiled here: {why}"
            for (worker, why), count in sorted(self.back.items())
        ]

    def evidence(self) -> dict[str, object]:
        """For the journal."""
        return {"away": dict(self.away), "back": sum(self.back.values())}
