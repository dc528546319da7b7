"""The proof: ELF facts of the library, then each check in a process of its own, by the new environment's Python."""

import os
import re
import tempfile
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from fnmatch import fnmatchcase
from pathlib import Path
from subprocess import TimeoutExpired  # noqa: TID251 - what process.output raises

import msgspec

from mxbuild.errors import VerificationError
from mxbuild.execute import elf
from mxbuild.execute.context import Context
from mxbuild.execute.scrub import scrubbed
from mxbuild.model import CheckResult, FeatureCheck, FeatureResult, JournalEntry, Outcome, Progress, Verify
from mxbuild.process import output

CHECKS = Path(__file__).parent / "checks"
LIMIT = 300.0
"""Seconds that one check may take."""

TOGETHER = 2


def run(step: Verify, context: Context) -> Outcome:
    """Look at the library, run every check, and hold each feature against what was decided.

    Raises:
        VerificationError: something is not there; `evidence` has all that was seen.
    """
    started = time.monotonic()
    library = library_of(step)
    names = [*step.checks, *(c for f in step.features if f.on for c in f.checks)]
    total = len(names) + 1
    done = [0]

    def tick(name: str) -> None:
        done[0] += 1
        context.watch(Progress(id=step.id, done=done[0], total=total, unit="checks", text=name))

    loadable, symbols, needed = _library(library)
    tick("library")
    with tempfile.TemporaryDirectory(prefix="mxbuild-verify-") as scratch, ThreadPoolExecutor(TOGETHER) as pool:
        results = dict(zip(names, pool.map(lambda n: _check(step, context, n, scratch, tick), names), strict=True))
    features = tuple(_feature(f, symbols, needed, results) for f in step.features)
    checks = (loadable, *(results[n] for n in step.checks))
    evidence = {"features": msgspec.to_builtins(features), "checks": msgspec.to_builtins(checks), "library": library}
    failed = [f"{c.name}: {c.detail}" for c in checks if c.status != "passed"]
    for feature in features:
        bad = [c for c in feature.evidence if c.status != "passed"]
        failed += [f"{feature.feature} is {feature.decided}, but {c.name}: {c.detail}" for c in bad]
    if failed:
        raise VerificationError(
            f"{len(failed)} of {total} checks failed: what was built is not what was asked for",
            details=[*failed, f"log: {step.log}"],
            evidence=evidence,
        )
    count = len(checks) + sum(len(f.evidence) for f in features)
    return Outcome(
        id=step.id, status="done", seconds=time.monotonic() - started, detail=f"{count} checks passed", evidence=evidence
    )


def damage(step: Verify, entry: JournalEntry) -> str:  # noqa: ARG001
    """Whether the library that was verified is still in the environment."""
    library = str(entry.evidence.get("library", ""))
    return "" if os.path.isfile(library) else f"{library} is gone"


def library_of(step: Verify) -> str:
    """The library inside the environment.

    Raises:
        VerificationError: there is none.
    """
    found = sorted(Path(step.environment).glob(f"lib*/python3*/site-packages/{step.package}/libmxnet.so"))
    if not found:
        raise VerificationError(f"there is no libmxnet.so in {step.environment}")
    return str(found[0])


def _library(path: str) -> tuple[CheckResult, frozenset[str], tuple[str, ...]]:
    try:
        seen = elf.facts(path)
    except ValueError as error:
        return CheckResult(name="loadable", status="failed", detail=str(error)), frozenset(), ()
    missing = elf.unresolved(path)
    detail = f"{len(seen.needed)} libraries needed, each found"
    if missing:
        detail = "not found: " + ", ".join(f"{name} (needed by {by})" for name, by in sorted(missing.items()))
    status = "failed" if missing else "passed"
    return CheckResult(name="loadable", status=status, detail=detail), seen.symbols, seen.needed  # type: ignore[arg-type]


def _feature(
    wanted: FeatureCheck, symbols: frozenset[str], needed: tuple[str, ...], results: dict[str, CheckResult]
) -> FeatureResult:
    rows: list[CheckResult] = []
    if wanted.needed:
        hits = [n for n in needed if n.startswith(wanted.needed)]
        rows.append(_seen("NEEDED", wanted.on, hits, " or ".join(wanted.needed)))
    for pattern in wanted.symbols:
        plain = "*" not in pattern
        hits = [pattern] if plain and pattern in symbols else [] if plain else _matching(symbols, pattern)
        rows.append(_seen("symbol", wanted.on, hits, pattern))
    rows += [results[name] for name in wanted.checks if wanted.on]
    return FeatureResult(
        feature=wanted.feature,
        asked=("on" if wanted.on else "off") if wanted.asked else "default",
        decided="on" if wanted.on else "off",
        why=wanted.why,
        evidence=tuple(rows),
        ok=all(r.status == "passed" for r in rows),
    )


def _matching(symbols: frozenset[str], pattern: str) -> list[str]:
    return sorted(s for s in symbols if fnmatchcase(s, pattern))


def _seen(kind: str, on: bool, hits: list[str], wanted: str) -> CheckResult:
    """A fact that has to be there when the feature is on, and absent when it is off."""
    shown = ", ".join(hits[:2]) + (f" and {len(hits) - 2} more" if len(hits) > 2 else "")
    detail = shown if hits else f"no {wanted}"
    return CheckResult(name=kind, status="passed" if bool(hits) == on else "failed", detail=detail)


def _check(step: Verify, context: Context, name: str, scratch: str, tick: Callable[[str], None]) -> CheckResult:
    """One script, from a directory that is not the source's."""
    started = time.monotonic()
    directory = tempfile.mkdtemp(prefix=f"{name}-", dir=scratch)
    command = [f"{step.environment}/bin/python", str(CHECKS / f"{name}.py"), step.package, step.release]
    try:
        code, said, complaint = output(command, env=scrubbed(context.environ), cwd=directory, timeout=LIMIT)
    except TimeoutExpired:
        code, said, complaint = 1, "", f"no answer within {LIMIT:.0f} s"
    except OSError as error:
        code, said, complaint = 1, "", f"{command[0]}: {error.strerror}"
    _log(step, name, code, said, complaint)
    tick(name)
    lines = [line for line in (said if code == 0 else complaint).splitlines() if line.strip()]
    detail = lines[-1].strip() if lines else f"status {code}"
    if code < 0:
        detail = f"ended by signal {-code}: {detail}"
    return CheckResult(
        name=name, status="passed" if code == 0 else "failed", detail=_clean(detail), seconds=time.monotonic() - started
    )


def _clean(text: str) -> str:
    return re.sub(r"[\x00-\x1f\x7f]", " ", text)[:200]


def _log(step: Verify, name: str, code: int, said: str, complaint: str) -> None:
    os.makedirs(os.path.dirname(step.log), exist_ok=True)
    with open(step.log, "a", encoding="utf-8", errors="backslashreplace") as file:
        file.write(f"+ {name}: status {code}\n{said}{complaint}")
