"""Figures of one build, and of the difference between two. Times are seconds on an axis without the pauses."""

from typing import Literal

from mxbuild.model import Decision, Receipt, Rule, Variable
from mxbuild.model.base import Struct

Result = Literal["compiled", "cached", "failed", "unfinished"]
"""cached: ccache had it, and no compiler ran. unfinished: no end is recorded; it was killed, or still runs."""


class Compile(Struct, kw_only=True, frozen=True):
    """One compile of one file."""

    source: str
    """Below the tree, or as the compiler was told."""
    object: str
    """Below the tree: the file's name in all builds."""
    area: str
    """The part of the source that it belongs to: src/operator."""
    session: int
    slot: int
    """Place among the compilers that ran at the same time, from 0."""
    start: float
    end: float
    began: float
    """When the compiler itself began, after preprocessing, the cache and the wait for memory; `start` if not known."""
    at: float
    """Unix time of the start."""
    result: Result
    code: int
    cpu: float
    memory: int
    """Bytes at the peak."""
    size: int
    roomy: bool
    """The memory gate let it go without collecting garbage."""
    worker: str = ""
    """The machine that compiled it, if not this one; CPU time and memory are then those of sending it."""
    back: str = ""
    """A worker that should have compiled it and did not, and why."""
    expected: float
    """CPU seconds that it took before; 0 where that is not known."""

    @property
    def seconds(self) -> float:
        return self.end - self.start


class Session(Struct, kw_only=True, frozen=True):
    """One run of make, from its beginning to its end or interruption."""

    at: float
    """Unix time."""
    start: float
    end: float


class Sample(Struct, kw_only=True, frozen=True):
    """What was seen at one moment."""

    at: float
    memory: int
    """Resident bytes of everything under make."""
    free: int
    """Bytes that new processes could take; 0 where that is not recorded."""
    waiting: int
    done: int
    total: int
    left: tuple[float, float] | None
    """Seconds that were thought to be left."""


class Took(Struct, kw_only=True, frozen=True):
    """One step of the plan."""

    id: str
    at: float
    """Unix time of its beginning."""
    seconds: float
    detail: str
    ok: bool
    ended: bool = True
    """Whether its end is recorded; it was killed, or still runs, where not."""


class Build(Struct, kw_only=True, frozen=True):
    """All that a page shows."""

    name: str
    """<recipe>-<fingerprint>."""
    recipe: str
    fingerprint: str
    mxbuild: str
    host: str
    compiler: str
    python: str
    jobs: int
    ccache: bool | None
    """Whether it was asked; None: not recorded."""
    inferred: bool
    """Whether hits are told by memory alone: the ledger does not say what was compiled."""
    earlier: int
    """How often it had been compiled before, by the records."""
    sessions: tuple[Session, ...]
    compiles: tuple[Compile, ...]
    """By their starts."""
    peaks: tuple[tuple[float, int], ...]
    """From when on -> the sum of the peaks of the compilers that run: more than they ever take together."""
    samples: tuple[Sample, ...]
    steps: tuple[Took, ...]
    expected: float
    """Seconds that were to be expected by what was known before; 0 where nothing was."""
    recorded: bool
    """Whether that was said at the start; worked out now from earlier records where not."""
    variables: tuple[Variable, ...]
    rules: tuple[Rule, ...]
    decisions: tuple[Decision, ...]
    warnings: tuple[str, ...]
    """What was said to have gone otherwise than asked."""
    target: str
    """Processors that it is for; "" where that is not recorded."""
    at: float
    """Unix time of its beginning."""
    receipt: Receipt | None

    @property
    def origin(self) -> str:
        """Where the wheel was built, if a store gave it; "" where it was built here."""
        return self.receipt.origin if self.receipt else ""

    @property
    def stopped(self) -> Took | None:
        """The step with which it ended, short of the end; None where none is recorded."""
        return next((step for step in reversed(self.steps) if not step.ok), None)

    @property
    def wall(self) -> float:
        """Seconds of make, without pauses."""
        return sum(s.end - s.start for s in self.sessions)

    @property
    def files(self) -> tuple[Compile, ...]:
        """The last compile of each object."""
        return tuple({c.object: c for c in self.compiles}.values())

    @property
    def slowest(self) -> tuple[Compile, ...]:
        """The same, the longest first; those without an end, whose time nobody knows, last."""
        return tuple(sorted(self.files, key=lambda c: (c.result == "unfinished", -c.seconds, c.object)))

    @property
    def cpu(self) -> float:
        return sum(c.cpu for c in self.compiles)

    @property
    def peak(self) -> int:
        """The largest compiler's, in bytes."""
        return max((c.memory for c in self.compiles), default=0)

    @property
    def hits(self) -> int:
        return sum(c.result == "cached" for c in self.files)

    @property
    def away(self) -> int:
        """Files that workers compiled."""
        return sum(bool(c.worker) for c in self.files)

    def count(self, result: Result) -> int:
        """Files whose last compile ended so."""
        return sum(c.result == result for c in self.files)


class Setting(Struct, kw_only=True, frozen=True):
    """What two builds have otherwise; "" where one has it not."""

    kind: str
    name: str
    before: str
    after: str


class Change(Struct, kw_only=True, frozen=True):
    """One file in two builds; None where one has it not."""

    object: str
    source: str
    before: Compile | None
    after: Compile | None

    @property
    def cost(self) -> float:
        """CPU seconds more, or less where negative."""
        return (self.after.cpu if self.after else 0.0) - (self.before.cpu if self.before else 0.0)


class Figure(Struct, kw_only=True, frozen=True):
    """One number of two builds."""

    name: str
    unit: Literal["seconds", "bytes", "count"]
    before: float
    after: float


class Comparison(Struct, kw_only=True, frozen=True):
    """What changed between two builds, and what it cost."""

    before: Build
    after: Build
    settings: tuple[Setting, ...]
    figures: tuple[Figure, ...]
    slower: tuple[Change, ...]
    """Compiled in both, by CPU time; the most first."""
    faster: tuple[Change, ...]
    cached: tuple[Change, ...]
    """Compiled here in one, out of the cache or by a worker in the other."""
    added: tuple[Change, ...]
    removed: tuple[Change, ...]
    same: int
    """Files that differ by little."""
