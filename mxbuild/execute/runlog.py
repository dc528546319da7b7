"""What happened in a build's runs, and when: one line for each event, for those who look back.

Nothing is decided by it: where it cannot be written, there is only less to look back at.
"""

import os
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import final

import msgspec

from mxbuild.execute.receipt import system_name
from mxbuild.foreign import decoded
from mxbuild.model import Begun, Compiling, Event, Line, Plan, Progress, Recorded
from mxbuild.version import version

NAME = "runs.jsonl"
PERIOD = 0.5
"""Seconds between two lines on a compile that has just begun ..."""
SPARSER = 500
"""... and later the share of its time so far, so that hours of it take a few thousand lines."""


@final
class RunLog:
    """Appends to the log of one build, from any thread."""

    def __init__(self, records: str, *, clock: Callable[[], float] = time.time) -> None:
        self._path = Path(records, NAME)
        self._clock = clock
        self._lock = threading.Lock()
        self._compiling = (0.0, 0.0)
        """When make began, and when something of it was last written."""

    def watch(self, event: Begun | Event) -> None:
        """Write an event down; not the children's output, which has a log, and a compile's state now and then."""
        if isinstance(event, Line | Progress):
            return
        now = self._clock()
        with self._lock:
            if isinstance(event, Compiling):
                if not self._due(now, last=event.done == event.total):
                    return
                event = msgspec.structs.replace(event, running=())
            else:
                self._compiling = (now, 0.0)
            self._append(msgspec.json.encode(Recorded(at=round(now, 3), event=event)))

    def _due(self, now: float, *, last: bool) -> bool:
        began, said = self._compiling
        if now - said < max(PERIOD, (now - began) / SPARSER) and not last:
            return False
        self._compiling = (began, now)
        return True

    def _append(self, line: bytes) -> None:
        with suppress(OSError):
            self._path.parent.mkdir(parents=True, exist_ok=True)
            descriptor = os.open(self._path, os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC, 0o644)
            try:
                os.write(descriptor, line + b"\n")
            finally:
                os.close(descriptor)


def begun(plan: Plan) -> Begun:
    """What a run of a plan begins with."""
    build = plan.build
    return Begun(
        mxbuild=version(),
        recipe=build.recipe.id,
        fingerprint=build.fingerprint,
        environment=plan.paths.environment,
        host=system_name(),
        compiler=f"{build.compiler.cxx} {build.compiler.version}",
        python=f"{build.python.path} {build.python.version}",
        jobs=build.jobs.count,
        ccache=build.ccache.version if build.ccache else "",
        variables=build.variables,
        rules=build.rules,
        decisions=build.decisions,
    )


def read(records: str) -> Iterator[Recorded]:
    """Every line that can be read, in the order of writing; none where there is no log."""
    try:
        lines = Path(records, NAME).read_bytes().splitlines()
    except OSError:
        return
    for line in lines:
        with suppress(ValueError):
            yield decoded(line, Recorded)
