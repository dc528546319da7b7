"""Running a target's cases, with a limit of time for each."""

import hashlib
import random
import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from tests.fuzz import building, detection, records, vendoring
from tests.fuzz.mutate import mutated
from tests.fuzz.target import Target

TARGETS = (*detection.TARGETS, *records.TARGETS, *building.TARGETS, *vendoring.TARGETS)
LIMIT = 1.0
"""Seconds of CPU that a case may take, and at most as many again; a right one takes milliseconds."""


class SlowError(BaseException):
    """A case took longer than LIMIT; nothing catches it on the way."""


class Ran(NamedTuple):
    """What came of a target's cases."""

    cases: int
    refused: int
    """Cases for which it raised what it says it raises."""
    slowest: float
    """Seconds."""


def run(target: Target, *, cases: int, seconds: float, seed: int) -> Ran:
    """Try so many cases, or for so long in CPU time; the seeds, and what was found once, in any case.

    Raises:
        AssertionError: a case raised something else, or took too long; the case is in a file that it names.
    """
    chance, refused, slowest = random.Random(f"{target.name} {seed}"), 0, 0.0
    known = target.seeds + target.found
    began = time.process_time()
    with _watched() as watch:
        while watch.case < len(known) or (watch.case < cases and time.process_time() - began < seconds):
            data = known[watch.case] if watch.case < len(known) else mutated(target.seeds, chance)
            started = time.process_time()
            refused += not _attempt(target, data)
            slowest = max(slowest, time.process_time() - started)
            watch.case += 1
    return Ran(watch.case, refused, slowest)


def attempt(target: Target, data: bytes) -> bool:
    """One case; False where it was refused in the way in which the target refuses.

    Raises:
        AssertionError: anything else.
    """
    with _watched():
        return _attempt(target, data)


def _attempt(target: Target, data: bytes) -> bool:
    try:
        target.run(data)
    except target.allowed:
        return False
    except (Exception, SlowError) as error:
        file = Path(detection.SCRATCH.parent, f"mxbuild-case-{hashlib.sha256(data).hexdigest()[:12]}")
        file.write_bytes(data)
        raise AssertionError(
            f"{target.name}: {type(error).__name__}: {str(error)[:500]}; the case is in {file}"
        ) from error
    return True


@dataclass
class Watch:
    """Looks every LIMIT seconds of CPU whether it is still the same case: one timer, however many cases there are."""

    case: int = 0
    seen: int = -1

    def ring(self, *_: object) -> None:
        if self.case == self.seen:
            raise SlowError(f"more than {LIMIT} s")
        self.seen = self.case


@contextmanager
def _watched() -> Iterator[Watch]:
    watch = Watch()
    before = signal.signal(signal.SIGVTALRM, watch.ring)
    signal.setitimer(signal.ITIMER_VIRTUAL, LIMIT, LIMIT)
    try:
        yield watch
    finally:
        signal.setitimer(signal.ITIMER_VIRTUAL, 0)
        signal.signal(signal.SIGVTALRM, before)
