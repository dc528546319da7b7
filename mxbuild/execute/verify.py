"""Verification: what was asked for against what the library in the environment shows and does."""

import os
import time
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from typing import Any

import msgspec

from mxbuild.errors import UsageError, VerificationError
from mxbuild.execute import contents, elf, evidence, loader, receipt, runtime
from mxbuild.execute.context import Context
from mxbuild.execute.device import STAND_IN, absent, architectures, not_run, run_path, stand_in
from mxbuild.execute.wheel import LIBRARY
from mxbuild.model import (
    CheckResult,
    Event,
    FeatureCheck,
    FeatureResult,
    JournalEntry,
    Outcome,
    Progress,
    Receipt,
    Verify,
    counted,
    every,
)


@dataclass(frozen=True)
class Findings:
    features: tuple[FeatureResult, ...]
    checks: tuple[CheckResult, ...]
    """Of every build, whatever its features."""

    @property
    def all(self) -> tuple[CheckResult, ...]:
        """Every result once: a check may prove several features."""
        return every(self.features, self.checks)

    @property
    def ok(self) -> bool:
        return bool(self.checks) and all(check.ok for check in self.all)

    def evidence(self) -> dict[str, Any]:
        """As the receipt takes it."""
        return {"features": msgspec.to_builtins(self.features), "checks": msgspec.to_builtins(self.checks)}


def run(step: Verify, context: Context) -> Outcome:
    """Verify the new environment.

    Raises:
        VerificationError: something asked for or decided is not there; its `evidence` has all results.
    """
    started = time.monotonic()
    sha256 = str(context.outcomes.get("wheel", {}).get("library_sha256", ""))
    packages = msgspec.convert(context.outcomes.get("environment", {}).get("packages", {}), dict[str, str])
    found = examine(step, context.environ, context.watch, sha256, packages, new=True)
    bad = [check for check in found.all if check.status == "failed"]
    if not found.ok:
        untried = sum(check.status == "not run" and not check.expected for check in found.all)
        raise VerificationError(
            f"{len(bad)} of {len(found.all)} checks failed" + (f", {untried} could not be run" if untried else ""),
            details=[*(f"{check.name}: {check.detail}" for check in bad), f"log: {step.log}"],
            evidence=found.evidence(),
        )
    return Outcome(
        id=step.id,
        status="done",
        seconds=time.monotonic() - started,
        detail=f"{len(found.features)} features, {counted(found.all)}",
        evidence=found.evidence(),
    )


def damage(step: Verify, entry: JournalEntry) -> str:
    """What was verified is looked at as the environment's damage; here only whether the results are all there."""
    results = {feature["feature"] for feature in entry.evidence.get("features", [])}
    return "" if results == {feature.feature for feature in step.features} else "the results are not all there"


def verify_environment(
    environment: str, environ: Mapping[str, str], watch: Callable[[Event], None], log: str = ""
) -> tuple[Receipt, Findings]:
    """Verify an installed environment again, wherever it lies now: its receipt, and what is found today.

    Args:
        log: file that the checks' output is appended to; where "", the install's own, which may be another user's.

    Raises:
        UsageError: it is no environment that mxbuild finished.
    """
    proof = receipt.read(f"{environment}/receipt.json")
    if proof is None or proof.verification is None:
        raise UsageError(f"{environment} has no receipt: it is no environment that mxbuild finished")
    own = proof.verification
    step = msgspec.structs.replace(own, environment=environment, log=log or own.log)
    return proof, examine(step, environ, watch, proof.library_sha256, proof.python_packages)


def examine(
    step: Verify,
    environ: Mapping[str, str],
    watch: Callable[[Event], None],
    library_sha256: str,
    packages: Collection[str] = (),
    *,
    new: bool = False,
) -> Findings:
    """Everything that there is to see; finds out, and judges nothing.

    Besides the library, its features and the checks: that every package has what it requires, and that every file is
    what its package's RECORD says of it.

    Args:
        library_sha256: of the library as it was built; "" where that is not known.
        packages: names of those that have to be there; none: pip is not asked, and no RECORD is read.
        new: has been imported by nobody; it gets the bytecode of what the checks import.
    """
    os.makedirs(os.path.dirname(step.log), exist_ok=True)
    device = step.device
    asked = [*step.checks, *(name for feature in step.features if feature.on for name in feature.checks)]
    asked += device.checks if device else ()
    names = [name for name in asked if device is None or device.gpu or not name.startswith(runtime.ON_GPU)]
    names += [runtime.REQUIREMENTS] * bool(packages)
    total, done = len(set(names)) + 1 + bool(packages), 0

    def count(result: CheckResult) -> None:
        nonlocal done
        done += 1
        watch(Progress(id=step.id, done=done, total=total, unit="checks", text=result.name))

    watch(Progress(id=step.id, done=0, total=total, unit="checks", text="linked"))
    library = evidence.locate(step.environment, step.package, LIBRARY)
    facts, general = _look(library, step, environ, library_sha256)
    count(general[0])
    with stand_in(device, facts, environ) as libraries:
        more = {"gpu_cudnn": (device.cudnn,)} if device else {}
        subject = runtime.Subject(
            step.environment, step.package, step.release, library, environ, step.log, libraries, more, new
        )
        ran = runtime.run(subject, names, count)
    if packages and (files := contents.check(step.environment, packages)):
        general += [ran[runtime.REQUIREMENTS], files]
        count(files)
    if libraries and runtime.FIRST in ran and ran[runtime.FIRST].ok:
        first = ran[runtime.FIRST]
        ran[runtime.FIRST] = msgspec.structs.replace(first, detail=f"{first.detail}, {STAND_IN}")
    ran |= {name: not_run(name) for name in asked if name not in names}
    features = tuple(_feature(check, facts, ran) for check in step.features)
    own = dict.fromkeys((*step.checks, *(device.checks if device else ())))
    return Findings(features, (*general, *(ran[name] for name in own)))


def _look(
    library: str, step: Verify, environ: Mapping[str, str], sha256: str
) -> tuple[elf.ElfFacts | None, list[CheckResult]]:
    if not library:
        return None, [evidence.failed("linked", f"{step.package}/{LIBRARY} is not in {step.environment}")]
    try:
        facts = elf.facts(library)
        resolution = loader.resolve(library, loader.cache(environ))
    except (OSError, ValueError) as error:
        return None, [evidence.failed("linked", f"{library} cannot be read: {error}")]
    general = [evidence.linked(facts, resolution, absent(step.device))]
    general += [evidence.packed(library, sha256)] if sha256 else []
    if step.device:
        general += [
            architectures(library, step.device),
            run_path(library, facts.dynamic, resolution, step.device),
        ]
    return facts, general


def _feature(check: FeatureCheck, facts: elf.ElfFacts | None, ran: Mapping[str, CheckResult]) -> FeatureResult:
    rows = list(evidence.feature(check, facts)) if facts else []
    rows += [ran[name] for name in check.checks] if check.on else []
    decided = "on" if check.on else "off"
    return FeatureResult(
        feature=check.feature,
        asked=decided if check.asked else "default",
        decided=decided,
        why=check.why,
        evidence=tuple(rows),
        ok=facts is not None and all(row.ok for row in rows),
    )
