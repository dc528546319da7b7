"""The workers while make runs: whose slots are free, and who is left alone for a while after a failure."""

from collections.abc import Callable, Sequence
from time import monotonic
from typing import final

from mxbuild.model import Worker

REST = 30.0
"""Seconds for which nothing is sent to a worker that could not be reached; twice as long each time, up to ..."""
LONGEST = 600.0
"""... so many."""


@final
class Fleet:
    """Slots of workers, for one thread."""

    def __init__(
        self,
        workers: Sequence[Worker],
        *,
        lost: Callable[[Worker, str], None] = lambda worker, why: None,
        clock: Callable[[], float] = monotonic,
    ) -> None:
        """Set it up.

        Args:
            lost: told of a worker that could not be reached, the first time, and why.
        """
        self._workers, self._lost, self._clock = tuple(workers), lost, clock
        self._used = dict.fromkeys((worker.name for worker in workers), 0)
        self._failures = dict.fromkeys(self._used, 0)
        self._until = dict.fromkeys(self._used, 0.0)

    def take(self) -> Worker | None:
        """A slot of the worker that has the largest share of its own free; None where there is none."""
        now = self._clock()
        able = [w for w in self._workers if self._used[w.name] < w.slots and self._until[w.name] <= now]
        if not able:
            return None
        worker = min(able, key=lambda w: self._used[w.name] / w.slots)
        self._used[worker.name] += 1
        return worker

    def give_back(self, worker: Worker) -> None:
        """The slot is free again."""
        self._used[worker.name] -= 1

    def failed(self, worker: Worker, why: str) -> None:
        """The worker could not be reached: it is left alone for a while."""
        now = self._clock()
        if self._until[worker.name] > now:
            return  # others were under way to it
        if not self._failures[worker.name]:
            self._lost(worker, why)
        self._until[worker.name] = now + min(LONGEST, REST * 2 ** self._failures[worker.name])
        self._failures[worker.name] += 1
