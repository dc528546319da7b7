"""The interpreter of a plan: one step after the other, each recorded when it has proved its own work."""

import time
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

import msgspec

from mxbuild.errors import MxbuildError, VerificationError
from mxbuild.execute import (
    activate,
    apt,
    documents,
    environment,
    journal,
    make,
    receipt,
    runlog,
    source,
    store,
    toolkit,
    vendored,
    verify,
    wheel,
)
from mxbuild.execute.context import Context
from mxbuild.execute.receipt import WARNINGS
from mxbuild.model import (
    Activate,
    AssembleToolkit,
    CreateEnvironment,
    Event,
    FetchSource,
    FetchWheel,
    InstallPackages,
    JournalEntry,
    Make,
    Message,
    Outcome,
    PackWheel,
    Plan,
    Planned,
    Receipt,
    Step,
    StepFailed,
    StepFinished,
    StepSkipped,
    StepStarted,
    UnpackVendored,
    Verify,
)


def damage(step: Step, entry: JournalEntry) -> str:
    """What is wrong with what a finished step left; "" for nothing."""
    match step:
        case UnpackVendored():
            return vendored.damage(step, entry)
        case InstallPackages():
            return apt.damage(step, entry)
        case AssembleToolkit():
            return toolkit.damage(step, entry)
        case FetchSource():
            return source.damage(step, entry)
        case Make():
            return make.damage(step, entry)
        case PackWheel():
            return wheel.damage(step, entry)
        case FetchWheel():
            return store.damage(step, entry)
        case CreateEnvironment():
            return environment.damage(step, entry)
        case Verify():
            return verify.damage(step, entry)
        case Activate():
            return activate.damage(step, entry)


def run(step: Step, context: Context, plan: Plan) -> Outcome:
    """Do one step.

    Raises:
        MxbuildError: it failed.
    """
    match step:
        case UnpackVendored():
            return vendored.run(step, context)
        case InstallPackages():
            return apt.run(step, context)
        case AssembleToolkit():
            return toolkit.run(step, context)
        case FetchSource():
            return source.run(step, context)
        case Make():
            return make.run(step, context)
        case PackWheel():
            return wheel.run(step, context)
        case FetchWheel():
            return store.run(step, context)
        case CreateEnvironment():
            return environment.run(step, context)
        case Verify():
            return verify.run(step, context)
        case Activate():
            entries = journal.read(plan.paths.records)
            seconds = {id_: e.seconds for (id_, _), e in entries.items()}
            proof = receipt.compose(plan, _evidence(context), seconds)
            return activate.run(step, *documents.compose(plan, proof, seconds))


def execute(
    plan: Plan,
    environ: Mapping[str, str],
    watch: Callable[[Event], None],
    *,
    keep_open: tuple[int, ...] = (),
    checkpoint: Callable[[str], None] = lambda place: None,
) -> tuple[Outcome, ...]:
    """Run the plan's steps, in order, and record each.

    Args:
        keep_open: descriptors of locks that children inherit.
        checkpoint: called with "<step>:before" and "<step>:after"; tests stop the process there.

    Raises:
        MxbuildError: a step failed; what was finished stays recorded.
    """
    where = plan.paths
    evidence: dict[str, dict[str, Any]] = {}
    outcomes: list[Outcome] = []
    recorded = journal.read(where.records)
    log = runlog.RunLog(where.records)
    log.watch(runlog.begun(plan))

    def seen(event: Event) -> None:
        log.watch(event)
        watch(event)

    for planned in plan.steps:
        step = planned.step
        if planned.action == "skip":
            entry = recorded.get((step.id, planned.digest))
            evidence[step.id] = dict(entry.evidence) if entry else {}
            outcomes.append(Outcome(id=step.id, status="skipped", seconds=0.0, detail=planned.why))
            seen(StepSkipped(id=step.id, title=planned.title, why=planned.why))
            continue
        context = Context(environ=environ, watch=seen, paths=where, outcomes=evidence, keep_open=keep_open)
        checkpoint(f"{step.id}:before")
        outcome = _one(planned, context, plan)
        evidence[step.id] = dict(outcome.evidence)
        journal.append(where.records, step, outcome)
        checkpoint(f"{step.id}:after")
        outcomes.append(outcome)
    return tuple(outcomes)


def _one(planned: Planned, context: Context, plan: Plan) -> Outcome:
    step, said = planned.step, list[str]()

    def heard(event: Event) -> None:
        if isinstance(event, Message) and event.level == "warning":
            said.append(event.text)
        context.watch(event)

    context.watch(StepStarted(id=step.id, title=planned.title, why=planned.why))
    started = time.monotonic()
    try:
        outcome = run(step, replace(context, watch=heard), plan)
    except MxbuildError as error:
        if isinstance(error, VerificationError):
            _keep_receipt(error, context, plan)
        seconds = time.monotonic() - started
        context.watch(StepFailed(id=step.id, title=planned.title, seconds=seconds, message=error.message))
        raise
    except OSError as error:
        seconds, text = time.monotonic() - started, error.strerror or str(error)
        context.watch(StepFailed(id=step.id, title=planned.title, seconds=seconds, message=text))
        raise
    evidence = {**outcome.evidence, **({WARNINGS: said} if said else {})}
    outcome = msgspec.structs.replace(outcome, seconds=time.monotonic() - started, evidence=evidence)
    context.watch(StepFinished(id=step.id, title=planned.title, seconds=outcome.seconds, detail=outcome.detail))
    return outcome


def _keep_receipt(error: VerificationError, context: Context, plan: Plan) -> None:
    """A build that does not verify has a receipt too: it is shown, and kept among the records."""
    evidence = {**_evidence(context), "verify": error.evidence}
    seconds = {id_: e.seconds for (id_, _), e in journal.read(plan.paths.records).items()}
    failed: Receipt = receipt.compose(plan, evidence, seconds)
    receipt.write(failed, f"{plan.paths.records}/receipt.json")
    error.receipt = failed


def _evidence(context: Context) -> dict[str, dict[str, Any]]:
    return {name: dict(values) for name, values in context.outcomes.items()}
