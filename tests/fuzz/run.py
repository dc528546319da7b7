"""Running a target's cases, with a limit of time for each."""

import hashlib
import random
import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

from tests.fuzz import building, detection, records, vendoring
from tests.fuzz.mutate import mutated
from tests.fuzz.target import Target

TARGETS = (*detection.TARGETS, *records.TARGETS, *building.TARGETS, *vendoring.TARGETS)
LIMIT = 2.0
"""Seconds of CPU that a case may take; a right one takes milliseconds."""


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
    """Try so many cases, or for so long in CPU time.

    Raises:
        AssertionError: a case raised something else, or took too long; the case is in a file that it names.
    """
    chance, count, refused, slowest = random.Random(f"{target.name} {seed}"), 0, 0, 0.0
    began = time.process_time()
    while count < cases and time.process_time() - began < seconds:
        data = target.seeds[count] if count < len(target.seeds) else mutated(target.seeds, chance)
        started = time.process_time()
        refused += not attempt(target, data)
        slowest = max(slowest, time.process_time() - started)
        count += 1
    return Ran(count, refused, slowest)


def attempt(target: Target, data: bytes) -> bool:
    """One case; False where it was refused in the way in which the target refuses.

    Raises:
        AssertionError: anything else.
    """
    try:
        with _limited():
            target.run(data)
    except target.allowed:
        return False
    except (Exception, SlowError) as error:
        file = Path(detection.SCRATCH.parent, f"mxbuild-case-{hashlib.sha256(data).hexdigest()[:12]}")
        file.write_bytes(data)
        raise AssertionError(f"{target.name}: {type(error).__name__}: {error}; the case is in {file}") from error
    return True


@contextmanager
def _limited() -> Iterator[None]:
    def ring(*_: object) -> None:
        raise SlowError(f"more than {LIMIT} s")

    before = signal.signal(signal.SIGVTALRM, ring)
    signal.setitimer(signal.ITIMER_VIRTUAL, LIMIT)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_VIRTUAL, 0)
        signal.signal(signal.SIGVTALRM, before)
