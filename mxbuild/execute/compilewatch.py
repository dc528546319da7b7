"""Watching a make from beside it: the ledger says what is done and what runs, /proc what it takes."""

import threading
from collections.abc import Callable, Mapping, Sequence
from time import time
from types import TracebackType

from mxbuild.compile.estimate import remaining
from mxbuild.compile.ledger import Entry, Ledger
from mxbuild.model import Compiling, Event, Make

PERIOD = 0.5
"""Seconds between two looks."""


class CompileWatch:
    """A context in which Compiling events are emitted, twice a second, from a thread of its own."""

    def __init__(
        self,
        step: Make,
        wanted: Sequence[str],
        costs: Mapping[str, float],
        *,
        since: float,
        jobs: int,
        emit: Callable[[Event], None],
    ) -> None:
        """Args: `since`: Unix time from which on compiles are this run's; `costs`: object -> seconds, earlier."""
        self._step, self._wanted, self._costs, self._jobs, self._emit = step, tuple(wanted), costs, jobs, emit
        self._ledger = Ledger(step.ledger, since)
        self._since = since
        self._began = time()
        self._group = 0
        self._end = threading.Event()
        self._thread = threading.Thread(target=self._work, daemon=True)

    def follow(self, pid: int) -> None:
        """Args: `pid`: make's, the leader of the session that is watched."""
        self._group = pid

    def __enter__(self) -> "CompileWatch":
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._end.set()
        self._thread.join()
        self._look()

    @property
    def compiled(self) -> list[Entry]:
        """Compiles that ended in this run."""
        return [e for e in self._ledger.finished.values() if e.end >= self._since]

    def _work(self) -> None:
        while not self._end.wait(PERIOD):
            self._look()

    def _look(self) -> None:
        self._ledger.update()
        good = {o for o, e in self._ledger.finished.items() if e.code == 0}
        running = {e.object: time() - e.start for e in self._ledger.running.values()}
        waiting = [o for o in self._wanted if o not in good and o not in running]
        done = [o for o in self._wanted if o in good and o not in running]
        now = {e.object: e.end - e.start for e in self.compiled}
        eta = remaining(waiting, running, now, self._costs, slots=self._jobs, elapsed=time() - self._began)
        rows = sorted(((e.source, time() - e.start) for e in self._ledger.running.values()), key=lambda r: -r[1])
        self._emit(
            Compiling(
                id=self._step.id,
                done=len(done),
                total=len(self._wanted),
                running=tuple(rows),
                memory=self._memory(),
                eta=eta,
            )
        )

    def _memory(self) -> int:
        """Resident bytes of the session's processes."""
        import psutil

        total = 0
        try:
            family = [psutil.Process(self._group), *psutil.Process(self._group).children(recursive=True)]
        except (psutil.Error, ValueError):
            return 0
        for process in family:
            try:
                total += process.memory_info().rss
            except psutil.Error:
                continue
        return total
