"""Several repositories at once: every failure is told, every success kept, and a stop leaves no child."""

import re
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, wait
from typing import TypeVar, final

from mxbuild.errors import MxbuildError, SourceError
from mxbuild.execute.git import Advance
from mxbuild.model import Event, Message, Progress

T = TypeVar("T")

TOGETHER = 6
"""Repositories that are fetched at the same time; hosts begin to refuse above some ten connections."""
WAKE = 0.5
"""Seconds after which a wait begins anew: a Ctrl-C that comes just before it begins would wake nobody (CPython looks
for signals, then waits). Seen: a fetch that went on for minutes."""
ADDRESS = re.compile(r"(\b\w+://[^\s/']*)[^\s']*")
"""Of a URL the host stays."""
VARYING = re.compile(r"\b[0-9a-f]{40}\b|\b\d+ ms\b")
PAUSE = 0.1
"""Seconds between two reports of one repository's progress."""


def side_by_side(tasks: Mapping[str, Callable[[], T]], stop: Callable[[], None]) -> dict[str, T]:
    """Run all tasks to their ends: a failure of one leaves the others to be kept.

    Args:
        stop: ends what the tasks wait for; called where this thread is interrupted.

    Raises:
        SourceError: with every failure.
        KeyboardInterrupt: after every task has ended.
    """
    with ThreadPoolExecutor(TOGETHER, thread_name_prefix="fetch") as pool:
        futures: dict[str, Future[T]] = {}
        try:
            futures |= {name: pool.submit(task) for name, task in tasks.items()}
            while wait(futures.values(), timeout=WAKE).not_done:
                pass
        except BaseException:
            stop()
            pool.shutdown(cancel_futures=True)
            raise
    failures = [error for future in futures.values() if (error := future.exception()) is not None]
    errors = [error for error in failures if isinstance(error, MxbuildError)]
    for error in failures:
        if len(failures) == 1 or not isinstance(error, MxbuildError):
            raise error
    if errors:
        raise together(errors, f"{len(errors)} of {len(tasks)} repositories cannot be had as the recipe pins them")
    return {name: future.result() for name, future in futures.items()}


def together(errors: Sequence[MxbuildError], message: str) -> SourceError:
    """One error that holds several, with their details and each remedy once."""
    remedies = dict.fromkeys(error.remedy for error in errors if error.remedy)
    like: dict[str, list[MxbuildError]] = {}
    for error in errors:
        like.setdefault(alike("\n".join((error.message.partition(": ")[2], *error.details))), []).append(error)
    details = []
    for first, *others in like.values():
        details += [first.message, *(f"  {detail}" for detail in first.details)]
        if others:
            names = ", ".join(error.message.partition(": ")[0] for error in others)
            details.append(f"  the same of {names}")
    return SourceError(message, details=details, remedy="; ".join(remedies) or None)


def alike(reason: str) -> str:
    """What is the same in a reason for several repositories of one host."""
    return VARYING.sub("", ADDRESS.sub(r"\1", reason))


@final
class Report:
    """Events of what is under way; called from every fetching thread.

    Args:
        step: id of the step.
        total: how many repositories there are.
    """

    def __init__(self, step: str, total: int, watch: Callable[[Event], None]) -> None:
        self._step, self._total, self._watch = step, total, watch
        self._through = 0
        self._told = set[str]()
        self._lock = threading.Lock()

    def advance(self, name: str) -> Callable[[Advance], None]:
        """A receiver of git's progress with one repository."""
        latest = 0.0

        def report(advance: Advance) -> None:
            nonlocal latest
            now = time.monotonic()
            if advance.done < advance.total and now - latest < PAUSE:
                return
            latest = now
            text = advance.amount if advance.phase == "Receiving objects" else advance.phase.lower()
            self._watch(
                Progress(id=self._step, part=name, done=advance.done, total=advance.total, unit="objects", text=text)
            )

        return report

    def again(self, name: str) -> Callable[[str, str], None]:
        """A receiver of why a try of one repository failed. What several fail for is said once in words."""

        def report(reason: str, when: str) -> None:
            with self._lock:
                known = alike(reason) in self._told
                self._told.add(alike(reason))
            if not known:
                self._watch(Message(id=self._step, text=f"{name}: {reason}; {when}", level="warning"))
            self._watch(Progress(id=self._step, part=name, done=0, total=None, unit="objects", text=when))

        return report

    def finished(self, name: str, how: str) -> None:
        """One repository is through."""
        with self._lock:
            self._through += 1
            self._watch(Progress(id=self._step, part=name, done=1, total=1, unit="repositories", text=how))
            self._watch(Progress(id=self._step, done=self._through, total=self._total, unit="repositories"))
