"""Watching a make from beside it: the ledger says what is done and what runs, /proc what memory it takes."""

import os
import threading
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from time import time
from types import TracebackType
from typing import final

from mxbuild.compile.estimate import expected, remaining
from mxbuild.compile.gate import Gate
from mxbuild.compile.ledger import Entry, Ledger
from mxbuild.compile.objects import generated
from mxbuild.model import Compiling, Event, Make

PERIOD = 0.5
"""Seconds between two looks."""
PAGE = os.sysconf("SC_PAGE_SIZE")


@final
class CompileWatch:
    """A context in which Compiling events are emitted, twice a second, from a thread of its own."""

    def __init__(
        self,
        step: Make,
        *,
        tree: str,
        wanted: Sequence[str],
        kept: frozenset[str],
        costs: Mapping[str, float],
        gate: Gate,
        free: Callable[[], int],
        emit: Callable[[Event], None],
    ) -> None:
        """Set it up; what the ledger holds by now is the past.

        Args:
            tree: real path.
            wanted: objects that make will build or find built, in its order.
            kept: those that are there.
            costs: object below the tree -> seconds in an earlier run.
            free: bytes that new processes can take now.
        """
        self._id, self._tree, self._costs, self._emit = step.id, tree, costs, emit
        self._jobs, self._gate, self._free = step.jobs, gate, free
        self._wanted = dict.fromkeys(wanted)
        self._to_come = [f"{tree}/{directory}" for directory in step.cmake]
        self._kept = kept
        # What CMake builds is not among the wanted yet; what it was before, is known by its place.
        below = tuple(f"{directory}/" for directory in step.cmake)
        cmake = (f"{tree}/{name}" for name in costs if below and name.startswith(below))
        todo = [self._short(o) for o in dict.fromkeys([*cmake, *wanted]) if o not in kept]
        self._expected = expected(todo, costs, slots=step.jobs)
        size = os.path.getsize(step.ledger) if os.path.exists(step.ledger) else 0
        self._ledger = Ledger(step.ledger, offset=size)
        self._began = time()
        self._make = 0
        self._end = threading.Event()
        self._thread = threading.Thread(target=self._work, name="compile watch", daemon=True)

    def follow(self, pid: int) -> None:
        """Args: `pid`: make's, whose descendants' memory is counted."""
        self._make = pid

    def __enter__(self) -> "CompileWatch":
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._end.set()
        self._thread.join()
        self._make = 0
        self._look()

    @property
    def compiled(self) -> list[Entry]:
        """Compiles that ended under this watch, well or not."""
        return list(self._ledger.finished.values())

    @property
    def ledger(self) -> Ledger:
        """What was recorded under this watch."""
        return self._ledger

    @property
    def wanted(self) -> tuple[str, ...]:
        """All objects of the build: make's, and those that CMake's makefiles name."""
        return tuple(self._wanted)

    def _work(self) -> None:
        while not self._end.wait(PERIOD):
            self._look()

    def _look(self) -> None:
        now = time()
        self._ledger.update()
        running, ended = self._ledger.running, self._ledger.finished
        self._generated([*running, *ended])
        objects = self._wanted | dict.fromkeys(running) | dict.fromkeys(ended)
        good = {name for name, entry in ended.items() if entry.code == 0}
        done = [o for o in objects if o in good or (o in self._kept and o not in running and o not in ended)]
        waiting = objects.keys() - running.keys() - set(done)
        eta = remaining(
            [self._short(o) for o in objects if o in waiting],
            {self._short(o): now - e.start for o, e in running.items()},
            {self._short(o): ended[o].end - ended[o].start for o in ended if o in good},
            self._costs,
            slots=self._jobs,
            elapsed=now - self._began,
        )
        rows = sorted(((self._short(e.source), now - e.start) for e in running.values()), key=lambda row: -row[1])
        self._emit(
            Compiling(
                id=self._id,
                done=len(done),
                total=len(objects),
                running=tuple(rows),
                memory=resident(self._make) if self._make else 0,
                waiting=self._gate.waiting,
                eta=eta,
                free=self._free(),
                expected=self._expected,
            )
        )

    def _generated(self, seen: Sequence[str]) -> None:
        """Take in what CMake has named by now; all is named once something of it is compiled."""
        for directory in list(self._to_come):
            self._wanted = dict.fromkeys(generated(directory)) | self._wanted  # it is compiled first
            if any(name.startswith(f"{directory}/") for name in seen):
                self._to_come.remove(directory)

    def _short(self, path: str) -> str:
        return path.removeprefix(f"{self._tree}/")


def resident(pid: int) -> int:
    """Resident bytes of a process and its descendants (psutil reads all of /proc for them: 10 times as long)."""
    pages, todo = 0, [str(pid)]
    while todo:
        process = Path("/proc", todo.pop())
        try:
            pages += int((process / "statm").read_text().split()[1])
            for task in (process / "task").iterdir():
                todo += (task / "children").read_text().split()
        except OSError:  # it has ended meanwhile
            continue
    return pages * PAGE
