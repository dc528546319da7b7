"""What upstream's own tests said: test by test, with a reason for each failure that has one."""

from typing import Literal

from mxbuild.model.base import Moment, Struct
from mxbuild.recipe.upstream import KnownFailure

Result = Literal["passed", "failed", "skipped"]
End = Literal["passed", "failed", "skipped", "missing"]
"""missing: the test was not there to be run, since its file could not be loaded."""
IMPORT, EXIT = "(import)", "(exit)"
"""Stand for a test where a file could not be loaded, or its process did not end well after its last test."""


class Case(Struct, kw_only=True, frozen=True):
    """One test, as it ended."""

    name: str
    """`test_operator.py::test_crop`, as pytest names it; the file is relative to the tests' directory."""
    result: Result
    said: str = ""
    """In one line: the error, why it was skipped, or "crash: SIGABRT" or "time: ..."."""
    text: str = ""
    """Of a failure: the traceback, or what its process said last."""
    broken: bool = False
    """It ended by no result of its own: its process died or hung, or its file could not be loaded."""
    seconds: float = 0.0

    @property
    def file(self) -> str:
        return self.name.partition("::")[0]


class Suite(Struct, kw_only=True, frozen=True):
    """All tests of one file, in their order."""

    name: str
    cases: tuple[Case, ...]
    seconds: float
    processes: int
    """How many it took: one more for each crash and each test that hung."""


class SuiteRun(Struct, kw_only=True, frozen=True):
    """All tests, with one interpreter."""

    python: str
    version: str
    packages: dict[str, str]
    """Those that the tests' results depend on: numpy, scipy ... -> version."""
    files: tuple[Suite, ...]
    seconds: float


Verdict = Literal["passed", "skipped", "known", "same", "failed", "cured"]
"""known: failed, with a reason in the recipe; same: failed as with the reference; failed: nobody knows why;
cured: passed, though the recipe knows it to fail."""


class Judged(Struct, kw_only=True, frozen=True):
    """A test and what is to be thought of it."""

    case: Case
    verdict: Verdict
    known: KnownFailure | None = None
    """The recipe's reason for a failure, whether it failed or not."""


class Difference(Struct, kw_only=True, frozen=True):
    """A test that ended otherwise than with the reference."""

    test: str
    ours: End
    reference: End
    said: str
    """By whichever failed; ours, where both did."""
    worse: bool
    """Ours is the worse one, and no known failure says why."""


class UpstreamReport(Struct, kw_only=True, frozen=True):
    """Everything about one call of `mxbuild verify --upstream`; kept as JSON beside the build's records."""

    format: int = 1
    environment: str
    release: str
    commit: str
    fingerprint: str
    compiler: str
    finished: Moment
    selection: tuple[str, ...]
    """Files and expressions that were asked for; () for all tests."""
    run: SuiteRun
    judged: tuple[Judged, ...]
    reference: SuiteRun | None = None
    differences: tuple[Difference, ...] = ()
    ok: bool
