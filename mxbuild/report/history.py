"""A ledger's lines as compiles on an axis: which run of make each belongs to, beside which others it ran."""

import os
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from math import inf

from mxbuild.compile.costs import Cost
from mxbuild.compile.ledger import Entry
from mxbuild.report.model import Compile, Result, Session

PAUSE = 60.0
"""Seconds without any compiler that part two runs of make where nothing else is recorded of them."""
ANEW = 0.5
"""Share of a run's objects that were whole already: it made them anew, and did not just go on."""


HIT = 16 << 20
"""Bytes at most of ccache alone (8 to 12 MB were seen; a compiler has 18 for an empty file)."""


@dataclass
class Attempt:
    """A compile as the ledger has it."""

    entry: Entry
    began: float = 0.0
    """Unix time at which the compiler itself began; 0 where that was not recorded, or none ran."""
    roomy: bool = False
    worker: str = ""
    """Where it was compiled, if not here."""
    back: str = ""
    """Why a worker that should have compiled it did not."""
    ended: bool = False

    @property
    def start(self) -> float:
        return self.entry.start

    @property
    def end(self) -> float:
        return self.entry.end if self.ended else self.entry.start


def attempts(entries: Iterable[Entry]) -> list[Attempt]:
    """Every compile that was begun, by its start; lines of one compile found together."""
    found: dict[tuple[str, int, float], Attempt] = {}
    last: dict[str, Attempt] = {}
    early: dict[str, Attempt] = {}
    for entry in entries:
        if entry.event not in ("start", "end"):
            # The line of the start may come after this one: the launcher writes it while the compiler runs.
            known = last.get(entry.object)
            note = known if known and not known.ended else early.setdefault(entry.object, Attempt(entry))
            _heed(note, entry)
            continue
        key = (entry.object, entry.pid, entry.start)
        attempt = found.setdefault(key, Attempt(entry))
        last[entry.object] = attempt
        if entry.object in early:
            note = early.pop(entry.object)
            attempt.began, attempt.roomy, attempt.worker, attempt.back = note.began, note.roomy, note.worker, note.back
        if entry.event == "end":
            attempt.entry, attempt.ended = entry, True
    return sorted(found.values(), key=lambda a: a.start)


def _heed(attempt: Attempt, entry: Entry) -> None:
    """Take in a line on a compile that is under way."""
    match entry.event:
        case "compile":
            attempt.began = entry.start
        case "room":
            attempt.roomy = True
        case "away":
            attempt.worker, attempt.back = entry.worker, ""
        case "back":
            attempt.back = f"{entry.worker}: {entry.why}"
        case "start" | "end":
            pass


def windows(seen: Sequence[Attempt], recorded: Iterable[tuple[float, float]]) -> list[tuple[float, float]]:
    """The runs of make, Unix times from - to, that compiled something.

    Args:
        recorded: of which that is known; the others show by the pauses between them.
    """
    known: list[tuple[float, float]] = []
    for start, end in sorted(recorded):
        if not known or start >= known[-1][1]:
            known.append((start, end))
    spans = {w for w in known if any(w[0] <= a.start <= w[1] for a in seen)}
    loose = [a for a in seen if not any(w[0] <= a.start <= w[1] for w in spans)]
    run: list[float] = []
    for attempt in loose:
        if run and (attempt.start > run[1] + PAUSE or any(run[1] <= w[0] <= attempt.start for w in spans)):
            spans.add((run[0], run[1]))
            run = []
        run = [run[0], max(run[1], attempt.end)] if run else [attempt.start, attempt.end]
    if run:
        spans.add((run[0], run[1]))
    return sorted(spans)


def compilations(seen: Sequence[Attempt], spans: Sequence[tuple[float, float]]) -> list[list[tuple[float, float]]]:
    """The runs in groups: one that goes on where another stopped belongs to it; one that makes it all anew does not."""
    groups: list[list[tuple[float, float]]] = []
    whole: set[str] = set()
    for span in spans:
        names = {a.entry.object for a in seen if inside(a, span)}
        if not groups or len(names & whole) > ANEW * len(names):
            groups.append([])
            whole = set()
        groups[-1].append(span)
        whole |= {a.entry.object for a in seen if inside(a, span) and a.ended and a.entry.code == 0}
    return groups


def inside(attempt: Attempt, span: tuple[float, float]) -> bool:
    """Whether it was begun in that run."""
    return span[0] <= attempt.start <= span[1]


def laid_out(
    seen: Sequence[Attempt], spans: Sequence[tuple[float, float]], tree: str, known: Mapping[str, Cost]
) -> tuple[tuple[Session, ...], tuple[Compile, ...]]:
    """The runs one after the other, and their compiles, each in the first slot that was free.

    Args:
        tree: its real path.
        known: object below the tree -> what it cost before.
    """
    sessions: list[Session] = []
    compiles: list[Compile] = []
    offset = 0.0
    for number, span in enumerate(spans):
        free: list[float] = []
        for attempt in (a for a in seen if inside(a, span)):
            end = max(attempt.start, attempt.end) if attempt.ended else span[1]
            slot = next((n for n, until in enumerate(free) if until <= attempt.start), len(free))
            free[slot : slot + 1] = [end]
            compiles.append(_compile(attempt, tree, known, number, slot, offset - span[0], end))
        # A launcher may outlive its make.
        last = max([span[1], *free])
        sessions.append(Session(at=span[0], start=offset, end=offset + last - span[0]))
        offset += last - span[0]
    return tuple(sessions), tuple(compiles)


def _compile(
    attempt: Attempt, tree: str, known: Mapping[str, Cost], session: int, slot: int, shift: float, end: float
) -> Compile:
    entry = attempt.entry
    short = os.path.normpath(entry.object).removeprefix(f"{tree}/")
    return Compile(
        source=os.path.normpath(entry.source).removeprefix(f"{tree}/"),
        object=short,
        area=area(short),
        session=session,
        slot=slot,
        start=round(attempt.start + shift, 3),
        end=round(end + shift, 3),
        began=round(max(attempt.start, min(attempt.began, end)) + shift, 3),
        at=attempt.start,
        result=result(attempt),
        code=entry.code if attempt.ended else 0,
        cpu=entry.cpu,
        memory=entry.memory,
        size=entry.size,
        roomy=attempt.roomy,
        worker=attempt.worker,
        back=attempt.back,
        expected=cost.seconds if (cost := known.get(short)) else 0.0,
    )


def result(attempt: Attempt) -> Result:
    """How it ended. A ledger that does not say who compiled tells a cache's hit by its memory."""
    entry = attempt.entry
    if not attempt.ended:
        return "unfinished"
    if entry.code != 0:
        return "failed"
    if entry.ccache is None:
        return "cached" if 0 < entry.memory <= HIT and not attempt.roomy else "compiled"
    return "cached" if entry.ccache and not attempt.began else "compiled"


def area(short: str) -> str:
    """The part of the source that an object belongs to: its two uppermost directories."""
    parts = short.removeprefix("build/").split("/")[:-1]
    return "/".join(parts[:2]) or "."


def peaks(compiles: Sequence[Compile]) -> tuple[tuple[float, int], ...]:
    """From when on -> the sum of the peaks of the compilers that run then."""
    turns = sorted(t for c in compiles for t in ((c.start, c.memory), (c.end, -c.memory)) if c.memory)
    found: list[tuple[float, int]] = []
    now = 0
    for (at, change), (following, _) in zip(turns, [*turns, (inf, 0)][1:], strict=True):
        now += change
        if following > at:
            found.append((at, now))
    return tuple(found)
