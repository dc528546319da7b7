"""Verifying an installed environment again, as several verbs do, and telling about it."""

import os
import time
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from mxbuild.cli.progressing import Consumer
    from mxbuild.execute.verify import Findings
    from mxbuild.locations import Locations
    from mxbuild.model import CheckResult, Installed, Receipt


def verified(
    one: "Installed", where: "Locations", told: "Consumer", why: str = "asked for"
) -> tuple["Receipt", "Findings"]:
    """Its receipt with what is seen today, and what is seen, good or bad.

    Args:
        where: the log is written among the records there, whoever made the environment.
        told: hears of it as of one step.

    Raises:
        UsageError: it is no environment that mxbuild finished.
        OSError: the records cannot be written.
    """
    import msgspec

    from mxbuild.execute.verify import verify_environment
    from mxbuild.model import StepFailed, StepFinished, StepStarted, counted
    from mxbuild.ownership import private
    from mxbuild.plan import paths_of

    title, started = f"Verify {one.name}", time.monotonic()
    told.watch(StepStarted(id="verify", title=title, why=why))
    private(where.state)
    log = f"{paths_of(one, where).records}/verify.log"
    proof, found = verify_environment(one.path, os.environ, told.watch, log)
    about: dict[str, Any] = {"id": "verify", "title": title, "seconds": time.monotonic() - started}
    if found.ok:
        told.watch(StepFinished(**about, detail=counted(found.all)))
    else:
        bad, untried = (sum(check.status == status for check in wrong(found)) for status in ("failed", "not run"))
        message = f"{bad} of {len(found.all)} checks failed" + (f", {untried} could not be run" if untried else "")
        told.watch(StepFailed(**about, message=message))
    return msgspec.structs.replace(proof, features=found.features, checks=found.checks, ok=found.ok), found


def repaired(one: "Installed", where: "Locations", told: "Consumer") -> tuple[str, ...]:
    """Put back what differs, and return what was put back.

    Args:
        told: hears of it as of one step.

    Raises:
        BuildError: what is needed for it is not there.
        OSError: the environment cannot be written.
    """
    from mxbuild.errors import MxbuildError
    from mxbuild.execute.repair import STEP, repair
    from mxbuild.model import StepFailed, StepFinished, StepStarted
    from mxbuild.plan import paths_of

    title, started = f"Repair {one.name}", time.monotonic()
    told.watch(StepStarted(id=STEP, title=title, why="it is not what was installed"))
    try:
        done = repair(one.receipt, paths_of(one, where), os.environ, told.watch)
    except MxbuildError as error:
        seconds = time.monotonic() - started
        told.watch(StepFailed(id=STEP, title=title, seconds=seconds, message=error.message))
        raise
    seconds, detail = time.monotonic() - started, f"{len(done)} put back" if done else "nothing to put back"
    told.watch(StepFinished(id=STEP, title=title, seconds=seconds, detail=detail))
    return done


def complaints(found: "Findings") -> list[str]:
    """Why checks failed, and which: what failed of itself first, then those that were not run for it."""
    why: dict[str, list[str]] = {}
    for check in sorted(wrong(found), key=lambda check: check.status == "not run"):
        why.setdefault(check.detail, []).append(check.name)
    return [f"{', '.join(names)}: {detail}" for detail, names in why.items()]


def wrong(found: "Findings") -> "list[CheckResult]":
    """The checks for which it is not what it should be."""
    return [check for check in found.all if not check.ok]
