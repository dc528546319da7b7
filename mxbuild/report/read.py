"""From a build's records to its figures."""

import os
from collections.abc import Iterator, Sequence
from pathlib import Path

import msgspec

from mxbuild.compile import costs, estimate, ledger
from mxbuild.errors import UsageError
from mxbuild.execute import journal, receipt, runlog
from mxbuild.model import Begun, Compiling, JournalEntry, Message, Receipt, Recorded
from mxbuild.plan import LEDGER
from mxbuild.report import history, runs
from mxbuild.report.find import Found
from mxbuild.report.model import Build, Sample, Session


def read(found: Found) -> Build:
    """All figures of a build, also of one for which nothing was compiled: it stopped before, or a store had it.

    Raises:
        UsageError: nothing is recorded, or it was not compiled as often as was asked for.
    """
    records = found.records
    log = list(runlog.read(str(records)))
    entries = list(journal.read(str(records)).values())
    try:
        seen = history.attempts(ledger.entries((records / LEDGER).read_bytes()))
    except FileNotFoundError:
        seen = []
    except OSError as error:
        raise UsageError(f"{records / LEDGER} cannot be read: {error.strerror}") from error
    makes = [*runs.by_log(log), *runs.by_journal(entries)]
    groups = history.compilations(seen, history.windows(seen, [(m.start, m.end) for m in makes]))
    proof = found.receipt or receipt.read(str(records / "receipt.json"))
    if not groups and not found.earlier and (times := runs.last(log)):
        return _told(records, log, entries, proof, times)
    if found.earlier >= len(groups):
        raise UsageError(
            f"{records.name} was compiled {_times(len(groups))} by its records"
            if groups
            else f"no compile is recorded of {records.name}",
            remedy=f"mxbuild report {records.name}" if groups else "mxbuild install",
        )
    spans = groups[-1 - found.earlier]
    tree = _tree(records, seen)
    known = costs.earlier(str(records / LEDGER), tree, until=spans[0][0])
    sessions, compiles = history.laid_out(seen, spans, tree, known)
    jobs = next((m.jobs for m in makes if m.jobs and m.start <= spans[-1][1] and m.end >= spans[-1][0]), 0)
    jobs = jobs or 1 + max((c.slot for c in compiles), default=0)
    said = [r.event.expected for r in log if isinstance(r.event, Compiling) and _within(r.at, spans[:1])]
    costly = sorted({c.object: c.expected for c in compiles}.items(), key=lambda row: -row[1])
    guess = estimate.expected([n for n, _ in costly], {n: c for n, c in costly if c}, slots=jobs)
    times = runs.lasting(groups, found.earlier, log)
    return msgspec.structs.replace(
        _told(records, log, entries, proof, times, begun=runs.begun(log, spans[-1][1])),
        at=sessions[0].at,
        jobs=jobs,
        ccache=next((a.entry.ccache for a in reversed(seen) if a.entry.ccache is not None), None),
        inferred=all(a.entry.ccache is None for a in seen if history.inside(a, spans[-1])),
        earlier=len(groups) - 1 - found.earlier,
        sessions=sessions,
        compiles=compiles,
        peaks=history.peaks(compiles),
        samples=tuple(_samples(log, spans, sessions)),
        expected=(said[0] if said and said[0] else guess) or 0.0,
        recorded=bool(said and said[0]),
    )


def _times(count: int) -> str:
    return {1: "once", 2: "twice"}.get(count, f"{count} times")


def _told(
    records: Path,
    log: Sequence[Recorded],
    entries: Sequence[JournalEntry],
    proof: Receipt | None,
    times: tuple[float, float, float],
    *,
    begun: Begun | None = None,
) -> Build:
    """What is known of a build besides its compiles.

    Args:
        times: as `runs.lasting` has them.
        begun: what its run began with; None: the run that began at the first of the times.
    """
    begun = begun or runs.begun(log, times[0])
    said = [
        line.event.text
        for line in log
        if isinstance(line.event, Message) and line.event.level == "warning" and times[0] <= line.at < times[2]
    ]
    decided = next((d.choice for d in begun.decisions if d.subject == "target"), "") if begun else ""
    return Build(
        name=records.name,
        recipe=_recipe(records, proof),
        fingerprint=records.name.removesuffix("-proof").rpartition("-")[2],
        mxbuild=begun.mxbuild if begun else proof.mxbuild if proof else "",
        host=begun.host if begun else proof.host if proof else "",
        compiler=begun.compiler if begun else proof.compiler if proof else "",
        python=begun.python if begun else proof.python if proof else "",
        jobs=begun.jobs if begun else 1,
        ccache=None,
        inferred=False,
        earlier=0,
        sessions=(),
        compiles=(),
        peaks=(),
        samples=(),
        steps=tuple(runs.steps(log, entries, proof, times)),
        expected=0.0,
        recorded=False,
        variables=begun.variables if begun else proof.variables if proof else (),
        rules=begun.rules if begun else proof.rules if proof else (),
        decisions=begun.decisions if begun else (),
        warnings=tuple(dict.fromkeys(said)) or (proof.warnings if proof else ()),
        target=(proof.target if proof else "") or decided,
        at=times[0],
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
