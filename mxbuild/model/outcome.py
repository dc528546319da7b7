"""Outcome: what happened, from the journal and the events of a run to the receipt."""

from collections.abc import Sequence
from typing import Annotated, Any, Literal

from msgspec import Meta

from mxbuild.model.base import CALENDAR, CENTURY, Moment, Seconds, Struct
from mxbuild.model.build import Decision, Rule, Variable, Worker
from mxbuild.model.plan import Verify
from mxbuild.recipe.lockfile import Sha256, WheelName


class Begun(Struct, kw_only=True, frozen=True, tag="begun"):
    """A run of a plan: what it is about to do, with what, and why so."""

    mxbuild: str
    recipe: str
    fingerprint: str
    environment: str
    """Its path."""
    host: str
    compiler: str
    python: str
    jobs: int
    ccache: str
    """Its version; "" where it is not used."""
    variables: tuple[Variable, ...]
    rules: tuple[Rule, ...]
    decisions: tuple[Decision, ...]


class JournalEntry(Struct, kw_only=True, frozen=True):
    """A step that was finished earlier."""

    id: str
    digest: str
    finished: Moment
    seconds: Seconds
    detail: str
    evidence: dict[str, Any] = {}
    damage: str = ""
    """What is wrong with what the step made, looked at now; "" for nothing."""


class StepStarted(Struct, kw_only=True, frozen=True, tag="step-started"):
    """A step begins."""

    id: str
    """The step's."""
    title: str
    """The step in a few words."""
    why: str
    """Why it runs, and was not left out."""


class StepSkipped(Struct, kw_only=True, frozen=True, tag="step-skipped"):
    """A step is left out."""

    id: str
    """The step's."""
    title: str
    """The step in a few words."""
    why: str
    """Why: what an earlier run did is there and whole."""


class StepFinished(Struct, kw_only=True, frozen=True, tag="step-finished"):
    """A step has proved its own work, and is recorded."""

    id: str
    """The step's."""
    title: str
    """The step in a few words."""
    seconds: float
    """That it took."""
    detail: str
    """What it did, in one short line."""


class StepFailed(Struct, kw_only=True, frozen=True, tag="step-failed"):
    """A step has failed; the last line says why."""

    id: str
    """The step's."""
    title: str
    """The step in a few words."""
    seconds: float
    """That it took."""
    message: str
    """One sentence."""


class Progress(Struct, kw_only=True, frozen=True, tag="progress"):
    """How far a step is. `part` names one of several things under way ("nnvm/dmlc-core")."""

    id: str
    """The step's."""
    part: str = ""
    """Which of several things under way; "" for the step itself."""
    done: int
    """In units."""
    total: int | None
    """In units; null where nobody knows yet."""
    unit: str
    """objects, bytes, packages, checks, cases, repositories, tests, files."""
    text: str = ""
    """What it is at."""


class Compiling(Struct, kw_only=True, frozen=True, tag="compiling"):
    """The make step's state, about twice a second."""

    id: str
    """The step's."""
    done: int
    """Objects that are there."""
    total: int
    """Objects that there will be."""
    running: tuple[tuple[str, float], ...]
    """(source, seconds so far)."""
    memory: int
    """Resident bytes of everything under make."""
    eta: tuple[float, float] | None
    """Seconds left, from - to; None: not known yet."""
    waiting: int = 0
    """Compilers that wait until there is memory for them."""
    free: int = 0
    """Bytes that new processes can take."""
    expected: float | None = None
    """Seconds for all that was not there when make began, by what was known then; None: nothing was."""


class Line(Struct, kw_only=True, frozen=True, tag="line"):
    """One line of a child's output."""

    id: str
    """The step's."""
    text: str
    """As the child wrote it."""


class Message(Struct, kw_only=True, frozen=True, tag="message"):
    """Something the user should know: what is waited for, what was retried."""

    id: str
    """The step's; "" where none is under way."""
    text: str
    """In words."""
    level: Literal["info", "warning"] = "info"
    """A warning also goes into the receipt, where it is about how something was made."""


Event = StepStarted | StepSkipped | StepFinished | StepFailed | Progress | Compiling | Line | Message


class Outcome(Struct, kw_only=True, frozen=True):
    """What a step did."""

    id: str
    status: Literal["done", "skipped"]
    seconds: float
    detail: str
    """One short line for the screen: "8 repositories, 5.2 MB"."""
    evidence: dict[str, Any] = {}
    """What later steps and the receipt need; JSON values only."""


class Recorded(Struct, kw_only=True, frozen=True):
    """One line of the record of runs."""

    at: Moment
    """Unix time."""
    event: Begun | Event


class CheckResult(Struct, kw_only=True, frozen=True):
    """What one check saw."""

    name: str
    """The check's, or the library or symbol that was looked for."""
    status: Literal["passed", "failed", "not run"]
    detail: str
    """In words."""
    seconds: float = 0.0
    """That it took."""
    expected: bool = False
    """Of one that was not run: that it could not be was clear before, and is no failure."""

    @property
    def ok(self) -> bool:
        """Whether nothing is wrong, as far as could be seen."""
        return self.status == "passed" or (self.status == "not run" and self.expected)


def counted(checks: Sequence[CheckResult]) -> str:
    """`19 of 19 checks passed, 3 not run`: what could not be run here is counted apart."""
    untried = sum(check.status == "not run" and check.expected for check in checks)
    passed = sum(check.status == "passed" for check in checks)
    return f"{passed} of {len(checks) - untried} checks passed" + (f", {untried} not run" if untried else "")


class FeatureResult(Struct, kw_only=True, frozen=True):
    """One line of the receipt: asked -> decided -> evidence."""

    feature: str
    """Its name."""
    asked: str
    """on, off, or default."""
    decided: str
    """on or off."""
    why: str
    """Why it was decided so."""
    evidence: tuple[CheckResult, ...]
    """What was seen in the library, and what ran."""
    ok: bool
    """Whether all of it is as decided."""


def every(features: Sequence[FeatureResult], checks: Sequence[CheckResult]) -> tuple[CheckResult, ...]:
    """Every result once: a check may prove several features."""
    return tuple(dict.fromkeys([*checks, *(check for feature in features for check in feature.evidence)]))


class WorkerCheck(Struct, kw_only=True, frozen=True):
    """What was seen of a worker."""

    worker: Worker
    ok: bool
    compiler: str = ""
    """What its object says of the compiler and the machine; "" where none came back."""
    same: bool = False
    """Whether its object is the one made here, to the byte."""
    speed: float | None = None
    """How many times as fast as here, with sending and fetching; None where nothing came back."""
    cause: str = ""
    remedy: str = ""


class Receipt(Struct, kw_only=True, frozen=True):
    """What was asked against what was got; written beside the wheel and into the environment."""

    format: int = 1
    mxbuild: str
    """Its version."""
    recipe: str
    """Its id."""
    release: str
    """Upstream's version."""
    commit: str
    """Of the superproject."""
    submodules: dict[str, str]
    """Path -> commit."""
    fingerprint: str
    """Of everything that shapes the library."""
    finished: float
    """Unix time."""
    host: str
    """Distribution and architecture."""
    compiler: str
    """Path and version."""
    python: str
    """Path and version."""
    requirements: tuple[str, ...]
    """Python packages that were installed, with their versions."""
    unlocked: tuple[str, ...] = ()
    """Those of them that were installed without a hash."""
    python_packages: dict[str, str] = {}
    """Python packages of the environment: name -> version."""
    packages: dict[str, str]
    """Debian packages that the library was built with: name -> version."""
    installed_packages: tuple[str, ...]
    """Those that mxbuild newly installed."""
    variables: tuple[Variable, ...]
    """Make variables, each with its reason."""
    rules: tuple[Rule, ...]
    """Compatibility rules of the recipe that applied."""
    wheel: str
    """Its path."""
    wheel_sha256: str
    """Of the file."""
    library_sha256: str
    """Of the library in it."""
    features: tuple[FeatureResult, ...]
    """Each feature: asked, decided, seen."""
    checks: tuple[CheckResult, ...]
    """Those of every build."""
    seconds: dict[str, float]
    """Step -> time that it took."""
    ok: bool
    """Whether all that was decided is there."""
    cuda: str = ""
    """Toolkit and architectures, "CUDA 13.0.88 (wheels), sm_90, PTX 9.0"; "" for the CPU alone."""
    target: str = ""
    """Processors that it was compiled for, "zen3 (-march=znver3 -mtune=znver3)"; "" for any."""
    cpu_features: tuple[str, ...] = ()
    """What a processor needs to run it, as /proc/cpuinfo names it; () where any will do."""
    origin: str = ""
    """Where and when the wheel was built, for one that came out of a store; "" for one built here."""
    warnings: tuple[str, ...] = ()
    """What did not go as asked while it was compiled, and was made good: a cache or a worker that did not answer."""
    documents: dict[str, str] = {}
    """What lies beside the receipt, by its hash: the bill of materials, the statement of provenance."""
    verification: Verify | None = None
    """What was checked: enough to check it again."""

    @property
    def timely(self) -> bool:
        """Whether its times are such as calendars and clocks have.

        No field's type says it: readers of events were promised any number.
        """
        return 0 <= self.finished < CALENDAR and all(0 <= took < CENTURY for took in self.seconds.values())

    @property
    def results(self) -> tuple[CheckResult, ...]:
        """Every result once: a check may prove several features."""
        return every(self.features, self.checks)


class Stored(Struct, kw_only=True, frozen=True):
    """A wheel in a store, and what proves it."""

    format: int = 1
    identity: str
    """As `plan.wheel_identity` has it: the build's fingerprint, and of its Python files where they differ."""
    wheel: WheelName
    """Its file name."""
    sha256: Sha256
    size: Annotated[int, Meta(ge=1, le=1 << 40)]
    receipt: Receipt
    provenance: Annotated[str, Meta(max_length=4 << 20)] = ""
    """The statement of where it was built; "" in a store that an earlier mxbuild filled."""


class Installed(Struct, kw_only=True, frozen=True):
    """An environment under the prefix, as `mxbuild list` shows it."""

    name: str
    path: str
    current: bool
    receipt: Receipt
