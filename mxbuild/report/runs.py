"""A build's runs, by its log and its journal: when make ran, with how many jobs, and what the other steps took."""

from collections.abc import Iterator, Sequence
from math import inf
from typing import NamedTuple

from mxbuild.model import Begun, Compiling, JournalEntry, Receipt, Recorded, StepFailed, StepFinished, StepStarted
from mxbuild.report.model import Took

MAKE = "make"
BEFORE = ("apt", "cuda", "source")
"""Steps that make needs."""
OPEN = 1.0
"""Seconds by which a record may be later than what it tells of."""


class Span(NamedTuple):
    """A run of make, by the records."""

    start: float
    end: float
    jobs: int


def by_log(log: Sequence[Recorded]) -> Iterator[Span]:
    """Every run of make; one that was killed lasted until what was written last."""
    start, jobs, last = 0.0, 0, 0.0
    for line in log:
        match line.event:
            case Begun():
                if start:  # killed: what it wrote last
                    yield Span(start, last, jobs)
                start, jobs = 0.0, line.event.jobs
            case StepStarted(id=id_) if id_ == MAKE:
                start = line.at
            case StepFinished(id=id_) | StepFailed(id=id_) if id_ == MAKE and start:
                yield Span(start, line.at + OPEN, jobs)
                start = 0.0
        last = line.at
    if start:
        yield Span(start, last, jobs)


def by_journal(entries: Sequence[JournalEntry]) -> Iterator[Span]:
    """Those that ended well: what is recorded of builds from before there was a log."""
    for entry in entries:
        if entry.id == MAKE:
            jobs = entry.evidence.get("jobs")
            yield Span(entry.finished - entry.seconds - OPEN, entry.finished, jobs if isinstance(jobs, int) else 0)


def begun(log: Sequence[Recorded], until: float) -> Begun | None:
    """What the last run by then began with."""
    found = None
    for line in log:
        if isinstance(line.event, Begun) and line.at <= until:
            found = line.event
    return found


def last(log: Sequence[Recorded]) -> tuple[float, float, float] | None:
    """The same times as `lasting` has, of the last run, where nothing was compiled; None where there was no run."""
    at = max((line.at for line in log if isinstance(line.event, Begun)), default=None)
    return None if at is None else (at, at, inf)


def lasting(
    groups: Sequence[Sequence[tuple[float, float]]], earlier: int, log: Sequence[Recorded]
) -> tuple[float, float, float]:
    """Unix times of a compilation: the beginning of its run, of its make, and of the next one's run."""
    starts = [line.at for line in log if isinstance(line.event, Begun)]

    def run(group: Sequence[tuple[float, float]]) -> float:
        return max((at for at in starts if at <= group[0][0]), default=group[0][0])

    here = groups[-1 - earlier]
    return run(here), here[0][0], run(groups[-earlier]) if earlier else inf


def steps(
    log: Sequence[Recorded],
    entries: Sequence[JournalEntry],
    proof: Receipt | None,
    times: tuple[float, float, float],
) -> Iterator[Took]:
    """Steps of the runs that a compilation belongs to; of several that made environments, the last one's.

    Args:
        times: as `lasting` has them.
    """
    seen: dict[str, Took] = {}
    first, make, until = times
    for line in log:
        event = line.event
        if isinstance(event, StepStarted | Compiling) and first <= line.at < until:
            # What was heard last of a step that has no end.
            at = line.at if isinstance(event, StepStarted) or event.id not in seen else seen[event.id].at
            seen[event.id] = Took(
                id=event.id, at=at, seconds=line.at - at, detail="no end is recorded: killed, or still at work",
                ok=False, ended=False,
            )  # fmt: skip
        if isinstance(event, StepFinished | StepFailed) and first <= line.at < until:
            detail = event.detail if isinstance(event, StepFinished) else event.message
            ok = isinstance(event, StepFinished)
            seen[event.id] = Took(id=event.id, at=line.at - event.seconds, seconds=event.seconds, detail=detail, ok=ok)
    for entry in entries:
        # What comes before make may be older than it; a journal has the last of each step alone.
        own = entry.finished >= make or entry.id in BEFORE
        if entry.id not in seen and own and entry.finished < until:
            seen[entry.id] = Took(
                id=entry.id, at=entry.finished - entry.seconds, seconds=entry.seconds, detail=entry.detail, ok=True
            )
    for name, seconds in proof.seconds.items() if proof else ():
        # Another environment of the same library has steps of its own.
        if name not in (MAKE, *BEFORE) and proof and name in seen and seen[name].at < proof.finished < until:
            seen[name] = Took(id=name, at=seen[name].at, seconds=seconds, detail=seen[name].detail, ok=seen[name].ok)
    yield from sorted(seen.values(), key=lambda t: t.at)
