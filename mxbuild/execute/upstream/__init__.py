"""Upstream's own unit tests, run in an environment, and compared with what is known and with a reference.

The one way through: the tests out of the pinned commit, what they need, the run, the reference's run, the verdict.
"""

import os
import platform
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import msgspec

from mxbuild import durable
from mxbuild.errors import MxbuildError, UsageError
from mxbuild.execute.context import Context
from mxbuild.execute.upstream import source
from mxbuild.execute.upstream.interpreter import Interpreter, handed_on, interpreter
from mxbuild.execute.upstream.judging import applying, differences, judge
from mxbuild.execute.upstream.packages import pins, provide
from mxbuild.execute.upstream.running import Setting
from mxbuild.execute.upstream.together import run_files
from mxbuild.foreign import decoded
from mxbuild.locations import Locations
from mxbuild.model import (
    Event,
    Installed,
    Message,
    Paths,
    StepFailed,
    StepFinished,
    StepStarted,
    Suite,
    SuiteRun,
    UpstreamReport,
)
from mxbuild.plan import paths_of
from mxbuild.recipe.lockfile import Lockfile
from mxbuild.recipe.model import Recipe
from mxbuild.recipe.upstream import KnownFailure, UpstreamTests

FETCH, PACKAGES, TESTS, REFERENCE = "tests", "test-packages", "upstream", "reference"
"""Ids of the steps."""
LOUDEST = 20
"""Failures without a reason that are told while the tests run; the table has all of them."""


@dataclass(frozen=True)
class Asked:
    """What is wanted of the tests."""

    only: tuple[str, ...] = ()
    """Files, as `test_ndarray.py` or `test_nd*`; () for all."""
    match: str = ""
    """pytest's -k; "" for all tests."""
    jobs: int | None = None
    """Files at a time; None: one for every two processors, since operators use several."""
    reference: str = ""
    """Another interpreter with MXNet in it; "" for none."""
    mirror: str | None = None


def examine(
    one: Installed,
    recipe: Recipe,
    embedded: str,
    lock: Lockfile,
    where: Locations,
    asked: Asked,
    environ: Mapping[str, str],
    watch: Callable[[Event], None],
) -> UpstreamReport:
    """Run the tests; judges the environment, and raises nothing because of it.

    Args:
        embedded: directory of the recipe's embedded source, "" where it has none.
        lock: the wheels of the recipe's pins.

    Raises:
        UsageError: the recipe knows no tests or is of another commit; an interpreter does not import MXNet; there is
            no such file or test.
        SourceError, BuildError: the tests, or what they need, cannot be had.
        KeyboardInterrupt: after every process has ended.
    """
    tests = recipe.verify.upstream
    if tests is None:
        raise UsageError(f"the recipe {recipe.id} does not say where upstream's tests are")
    if recipe.source.commit != one.receipt.commit:
        text = f"{one.name} was built from {one.receipt.commit[:12]}, the recipe pins {recipe.source.commit[:12]} now"
        raise UsageError(text, remedy=f"mxbuild install {recipe.id}")
    paths = paths_of(one, where)
    context = Context(environ=environ, watch=watch, paths=paths, outcomes={})
    os.makedirs(paths.records, exist_ok=True)
    own = interpreter(f"{one.path}/bin/python", environ, {})
    other = interpreter(asked.reference, environ, handed_on(environ)) if asked.reference else None
    with durable.scratch("upstream") as scratch:
        with _step(watch, FETCH, "Get upstream's tests") as detail:
            tree = source.tree(recipe, embedded, asked.mirror, FETCH, context)
            source.unpack(tree, recipe.source.commit, tests, scratch, context)
            chosen = source.files(f"{scratch}/{tests.directory}", asked.only)
            detail(f"{len(chosen)} files of {recipe.source.commit[:12]}")
        facts = {"gcc": one.receipt.compiler.rpartition(" ")[2], "arch": platform.machine()}
        runner = _Runner(one.name, tests, lock, scratch, chosen, asked, where, context, facts)
        run, known = runner.run(own, TESTS, f"Run upstream's tests in {one.name}")
        if asked.match and not any(file.cases for file in run.files):
            raise UsageError(f"no test's name matches {asked.match}")
        reference, _ = runner.run(other, REFERENCE, f"Run them with {other.path}") if other else (None, ())
    judged = judge(run, known, reference)
    apart = differences(run, known, reference) if reference else ()
    return UpstreamReport(
        environment=one.name,
        release=one.receipt.release,
        commit=one.receipt.commit,
        fingerprint=one.receipt.fingerprint,
        compiler=one.receipt.compiler,
        finished=time.time(),
        selection=(*asked.only, *([asked.match] if asked.match else [])),
        run=run,
        judged=judged,
        reference=reference,
        differences=apart,
        ok=not any(j.verdict == "failed" for j in judged) and not any(d.worse for d in apart),
    )


def record(one: Installed, where: Locations) -> str:
    """The file that the last whole run's report is kept in."""
    return f"{paths_of(one, where).records}/upstream-{one.name}.json"


def keep(report: UpstreamReport, path: str) -> None:
    """Write the report, whole or not at all.

    Raises:
        OSError: the directory cannot be written.
    """
    durable.write(path, msgspec.json.format(msgspec.json.encode(report), indent=1) + b"\n")


def log_of(one: Installed, where: Locations) -> str:
    """The file that holds all that the processes of the last run said."""
    return _log(paths_of(one, where), one.name, TESTS)


def latest(one: Installed, where: Locations) -> UpstreamReport | None:
    """The report of the last whole run; None where there was none, or it cannot be read."""
    try:
        return decoded(Path(record(one, where)).read_bytes(), UpstreamReport)
    except (OSError, ValueError):
        return None


@dataclass(frozen=True)
class _Runner:
    """Runs the same files with one interpreter or another."""

    environment: str
    """Its name."""
    tests: UpstreamTests
    lock: Lockfile
    scratch: str
    chosen: Sequence[str]
    asked: Asked
    where: Locations
    context: Context
    facts: Mapping[str, str]

    def run(self, one: Interpreter, step: str, title: str) -> tuple[SuiteRun, tuple[KnownFailure, ...]]:
        """The run, and the known failures that apply to it."""
        log = _log(self.context.paths, self.environment, step)
        with open(log, "w", encoding="utf-8"):  # of this run alone
            pass
        with _step(self.context.watch, PACKAGES, "Install what the tests need") as detail:
            wanted = pins(self.tests, one.version)
            place = f"{self.where.cache}/upstream/packages"
            modules, packages = provide(place, wanted, one, PACKAGES, log, self.context, self.lock)
            detail(f"Python {one.minor}, {', '.join(f'{n} {v}' for n, v in packages.items())}")
        versions = {"numpy": one.numpy, **packages}
        known = applying(self.tests.known, {**self.facts, **versions, "python": one.version})
        cpus = len(os.sched_getaffinity(0))
        jobs = self.asked.jobs or max(1, cpus // 2)
        setting = Setting(
            python=one.path,
            packages=modules,
            tree=self.scratch,
            directory=self.tests.directory,
            environ=self.context.environ,
            extra=one.extra,
            match=self.asked.match,
            limit=float(self.tests.limit),
            log=log,
            threads=max(1, cpus // jobs),
        )
        started, told = time.monotonic(), 0

        def done(file: Suite) -> None:
            nonlocal told
            for one in judge(SuiteRun(python="", version="", packages={}, files=(file,), seconds=0.0), known):
                if one.verdict == "failed" and told < LOUDEST:
                    told += 1
                    said = f"{one.case.name} failed: {one.case.said}"
                    self.context.watch(Message(id=step, text=said, level="warning"))

        with _step(self.context.watch, step, title) as detail:
            files = run_files(setting, self.chosen, jobs, step, self.context.watch, done)
            results = [case.result for file in files for case in file.cases]
            detail(", ".join(f"{results.count(kind)} {kind}" for kind in ("passed", "failed", "skipped")))
        seconds = round(time.monotonic() - started, 1)
        return SuiteRun(python=one.path, version=one.version, packages=versions, files=files, seconds=seconds), known


def _log(paths: Paths, environment: str, step: str) -> str:
    """Of each environment its own: several may be made of one build, and tested at the same time."""
    return f"{paths.records}/{step}-{environment}.log"


@contextmanager
def _step(watch: Callable[[Event], None], id_: str, title: str) -> Iterator[Callable[[str], None]]:
    """Tell of a step's begin and end; yields what takes its detail."""
    started, said = time.monotonic(), [""]
    watch(StepStarted(id=id_, title=title, why=""))
    try:
        yield lambda detail: said.__setitem__(0, detail)
    except MxbuildError as error:
        seconds = time.monotonic() - started
        watch(StepFailed(id=id_, title=title, seconds=seconds, message=error.message))
        raise
    watch(StepFinished(id=id_, title=title, seconds=time.monotonic() - started, detail=said[0]))
