"""From a build's records to its figures."""

import os
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

from mxbuild.compile import costs, estimate, ledger
from mxbuild.errors import UsageError
from mxbuild.execute import journal, receipt, runlog
from mxbuild.model import Begun, Compiling, JournalEntry, Receipt, Recorded, StepFailed, StepFinished, StepStarted
from mxbuild.plan import LEDGER
from mxbuild.report import history
from mxbuild.report.find import Found
from mxbuild.report.model import Build, Sample, Session, Took

MAKE = "make"
OPEN = 1.0
"""Seconds by which a record may be later than what it tells of."""


class Span(NamedTuple):
    """A run of make, by the records."""

    start: float
    end: float
    jobs: int


def read(found: Found) -> Build:
    """All figures of a build.

    Raises:
        UsageError: nothing was compiled, or not as often as was asked for.
    """
    records = found.records
    log = list(runlog.read(str(records)))
    entries = list(journal.read(str(records)).values())
    try:
        seen = history.attempts(ledger.entries((records / LEDGER).read_bytes()))
    except OSError as error:
        raise UsageError(f"{records / LEDGER} cannot be read: {error.strerror}") from error
    makes = [*_by_log(log), *_by_journal(entries)]
    groups = history.compilations(seen, history.windows(seen, [(m.start, m.end) for m in makes]))
    if found.earlier >= len(groups):
        raise UsageError(
            f"{records.name} was compiled {len(groups)} times by its records"
            if groups
            else f"no compile is recorded of {records.name}",
            remedy=f"mxbuild report {records.name}" if groups else "mxbuild install",
        )
    spans = groups[-1 - found.earlier]
    tree = _tree(records, seen)
    known = costs.earlier(str(records / LEDGER), tree, until=spans[0][0])
    sessions, compiles = history.laid_out(seen, spans, tree, known)
    jobs = next((m.jobs for m in makes if m.jobs and m.start <= spans[-1][1] and m.end >= spans[-1][0]), 0)
    jobs = jobs or 1 + max(c.slot for c in compiles)
    said = [r.event.expected for r in log if isinstance(r.event, Compiling) and _within(r.at, spans[:1])]
    costly = sorted({c.object: c.expected for c in compiles}.items(), key=lambda row: -row[1])
    guess = estimate.expected([n for n, _ in costly], {n: c for n, c in costly if c}, slots=jobs)
    begun = _begun(log, spans[-1][1])
    proof = found.receipt or receipt.read(str(records / "receipt.json"))
    return Build(
        name=records.name,
        recipe=_recipe(records, proof),
        fingerprint=records.name.removesuffix("-proof").rpartition("-")[2],
        mxbuild=begun.mxbuild if begun else proof.mxbuild if proof else "",
        host=begun.host if begun else proof.host if proof else "",
        compiler=begun.compiler if begun else proof.compiler if proof else "",
        python=begun.python if begun else proof.python if proof else "",
        jobs=jobs,
        ccache=next((a.entry.ccache for a in reversed(seen) if a.entry.ccache is not None), None),
        inferred=all(a.entry.ccache is None for a in seen if history.inside(a, spans[-1])),
        earlier=len(groups) - 1 - found.earlier,
        sessions=sessions,
        compiles=compiles,
        peaks=history.peaks(compiles),
        samples=tuple(_samples(log, spans, sessions)),
        steps=tuple(_steps(log, entries, proof, spans)),
        expected=(said[0] if said and said[0] else guess) or 0.0,
        recorded=bool(said and said[0]),
        variables=begun.variables if begun else proof.variables if proof else (),
        rules=begun.rules if begun else proof.rules if proof else (),
        decisions=begun.decisions if begun else (),
        receipt=proof,
    )


def _recipe(records: Path, proof: Receipt | None) -> str:
    return proof.recipe if proof else records.name.removesuffix("-proof").rpartition("-")[0]


def _tree(records: Path, seen: Sequence[history.Attempt]) -> str:
    """Where its objects lay: trees and records of a build have the same name."""
    mark = f"/{records.name.removesuffix('-proof')}/"
    for attempt in seen:
        before, found, _ = attempt.entry.object.partition(mark)
        if found:
            return f"{before}{mark}".rstrip("/")
    return os.path.commonpath([os.path.dirname(a.entry.object) for a in seen]) if seen else ""


def _by_log(log: Sequence[Recorded]) -> Iterator[Span]:
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


def _by_journal(entries: Sequence[JournalEntry]) -> Iterator[Span]:
    for entry in entries:
        if entry.id == MAKE:
            jobs = entry.evidence.get("jobs")
            yield Span(entry.finished - entry.seconds - OPEN, entry.finished, jobs if isinstance(jobs, int) else 0)


def _begun(log: Sequence[Recorded], until: float) -> Begun | None:
    found = None
    for line in log:
        if isinstance(line.event, Begun) and line.at <= until:
            found = line.event
    return found


def _within(at: float, spans: Sequence[tuple[float, float]]) -> bool:
    return any(start <= at <= end for start, end in spans)


def _samples(
    log: Sequence[Recorded], spans: Sequence[tuple[float, float]], sessions: Sequence[Session]
) -> Iterator[Sample]:
    for line in log:
        event = line.event
        if not isinstance(event, Compiling):
            continue
        for span, session in zip(spans, sessions, strict=True):
            if span[0] <= line.at <= span[1]:
                yield Sample(
                    at=round(line.at - session.at + session.start, 3),
                    memory=event.memory,
                    free=event.free,
                    waiting=event.waiting,
                    done=event.done,
                    total=event.total,
                    left=event.eta,
                )


def _steps(
    log: Sequence[Recorded],
    entries: Sequence[JournalEntry],
    proof: Receipt | None,
    spans: Sequence[tuple[float, float]],
) -> Iterator[Took]:
    """Steps of the runs that these compiles belong to; of several that made environments, the last one's."""
    seen: dict[str, Took] = {}
    first, later = spans[0][0], spans[-1][1]
    for line in log:
        event = line.event
        if isinstance(event, StepFinished | StepFailed):
            detail = event.detail if isinstance(event, StepFinished) else event.message
            took = Took(
                id=event.id, at=line.at - event.seconds, seconds=event.seconds, detail=detail,
                ok=isinstance(event, StepFinished),
            )  # fmt: skip
            if event.id == MAKE and not first - OPEN <= line.at <= later + OPEN:
                continue
            seen[event.id] = took
    for entry in entries:
        if entry.id in seen or (entry.id == MAKE and entry.finished < first):
            continue
        if entry.id == MAKE and not _within(entry.finished, [(a - OPEN, b + OPEN) for a, b in spans]):
            continue
        seen[entry.id] = Took(
            id=entry.id, at=entry.finished - entry.seconds, seconds=entry.seconds, detail=entry.detail, ok=True
        )
    for name, seconds in proof.seconds.items() if proof else ():
        # Another environment of the same library has steps of its own.
        if name != MAKE and proof and name in seen and seen[name].at < proof.finished:
            seen[name] = Took(id=name, at=seen[name].at, seconds=seconds, detail=seen[name].detail, ok=seen[name].ok)
    yield from sorted(seen.values(), key=lambda t: t.at)
