"""Verifying an installed environment again, as several verbs do, and telling about it."""

import os
import time
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from mxbuild.cli.progressing import Consumer
    from mxbuild.execute.verify import Findings
    from mxbuild.locations import Locations
    from mxbuild.model import Installed, Receipt


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
        told.watch(StepFailed(**about, message=f"{len(complaints(found))} of {len(found.all)} checks failed"))
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
    """Each check that failed, and why."""
    return [f"{check.name}: {check.detail}" for check in found.all if not check.ok]
