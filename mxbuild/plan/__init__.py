"""Build + journal -> Plan: ordered steps, each run or skipped, with the reason. Nothing is changed here.

The steps up to the wheel serve only the wheel: where it is there and whole, they are skipped, whatever became of
the tree. The environment serves only itself. So a plan is read from its end. A toolkit that is put together serves
only make: it is made anew where make runs.
"""

import hashlib
import os
from collections.abc import Mapping, Sequence
from typing import Literal

import msgspec

from mxbuild.model import (
    FIRST_TIME,
    Activate,
    AssembleToolkit,
    Build,
    CreateEnvironment,
    FetchSource,
    FetchWheel,
    InstallPackages,
    JournalEntry,
    Make,
    PackWheel,
    Paths,
    Plan,
    Planned,
    Step,
    Stored,
    UnpackVendored,
    Verify,
)
from mxbuild.plan.path import mirrored, repositories, steps
from mxbuild.plan.places import (
    LEDGER,
    environment_name,
    pack_at,
    parts,
    paths,
    paths_of,
    stored_at,
    unpacked_at,
    wheel_identity,
    wheel_version,
)

__all__ = (
    "LEDGER", "digest", "environment_name", "mirrored", "pack_at", "parts", "paths", "paths_of", "plan",
    "repositories", "steps", "stored_at", "title", "to_run", "unpacked_at", "wheel_identity", "wheel_version",
)  # fmt: skip

VOLATILE = (
    "jobs", "here", "memory", "log", "ccache", "ccache_directory", "remote_cache", "workers", "distcc", "operators",
    "file", "archive", "find_links", "packs",
)  # fmt: skip
"""What a step is told that changes nothing of what it makes. What operators hold, the variable EXTRA_OPERATORS says."""


def title(step: Step) -> str:
    """The step in a few words, as every screen shows it."""
    match step:
        case UnpackVendored():
            return f"Unpack {os.path.basename(step.file)}"
        case InstallPackages():
            count = len(step.packages)
            return f"Install {count} Debian package{'s' * (count != 1)}"
        case AssembleToolkit():
            return f"Put CUDA {step.bundle.version} together"
        case FetchSource():
            return f"Fetch {len(step.repositories)} pinned repositories"
        case Make():
            return f"Compile {step.library} with {step.jobs} job{'s' * (step.jobs != 1)}"
        case FetchWheel():
            return f"Fetch {step.packs.name} {step.packs.version} out of the store"
        case PackWheel():
            return f"Pack {step.name} {step.version}"
        case CreateEnvironment():
            return "Create the environment"
        case Verify():
            return "Verify"
        case Activate():
            return "Write the receipt and switch to the new environment"


def digest(step: Step) -> str:
    """Hash of all that a step is told to do; jobs, memory and the place of logs change no result and are left out."""
    if isinstance(step, FetchWheel):
        return digest(step.packs)
    facts = msgspec.to_builtins(step)
    for volatile in VOLATILE:
        facts.pop(volatile, None)
    if not facts.get("processor"):
        facts.pop("processor", None)  # a wheel for any processor is the step that it was before there were others
    return hashlib.sha256(msgspec.json.encode(facts, order="sorted")).hexdigest()[:16]


def plan(
    build: Build,
    where: Paths,
    journal: Mapping[str, JournalEntry],
    embedded: str = "",
    stored: Stored | None = None,
) -> Plan:
    """Say for every step whether it runs, and why.

    Args:
        journal: step id -> the finished step of the same digest, with its damage already looked at.
        stored: what the store has of this build; None also where it was not asked, which one that is to make was.
    """
    todo = steps(build, where, embedded, stored)
    state = {s.id: _state(s, journal.get(s.id)) for s in todo}
    product = [s.id for s in todo if isinstance(s, FetchSource | Make | PackWheel | FetchWheel)]
    last_whole = max((i for i, name in enumerate(product) if state[name][0]), default=-1)
    environment_runs = last_whole < len(product) - 1 or not state["environment"][0]
    planned = []
    for step in todo:
        if isinstance(step, UnpackVendored):
            continue  # it serves the others
        whole, why = state[step.id]
        action: Literal["run", "skip"] = "run"
        if isinstance(step, InstallPackages):
            why = f"missing: {' '.join(step.packages)}"
        elif isinstance(step, AssembleToolkit):
            made = last_whole >= product.index("make")
            action = _run(not whole and not made)
            why = f"not needed: {product[last_whole]} is done" if made and not whole else why
        elif step.id in product:
            if product.index(step.id) <= last_whole:
                action = "skip"
                why = why if whole else f"not needed: {product[last_whole]} is done"
            elif whole:
                why = "what comes before it is made anew"
        elif step.id == "environment":
            action, why = ("run", "the wheel is new") if whole and environment_runs else (_run(not whole), why)
        elif environment_runs and whole:
            why = "the environment is new"
        else:
            action = _run(not whole)
        if isinstance(step, Make) and action == "run" and build.request.store:
            why += f"; {build.request.store} has no wheel of it"
        planned.append(Planned(step=step, title=title(step), action=action, why=why, digest=digest(step)))
    if isinstance(first := todo[0], UnpackVendored):
        planned.insert(0, _unpacking(first, state[first.id], planned))
    return Plan(build=build, steps=tuple(planned), paths=where)


def _unpacking(step: UnpackVendored, state: tuple[bool, str], others: Sequence[Planned]) -> Planned:
    """It runs where a step runs that takes something out of it."""
    takers = InstallPackages | AssembleToolkit | FetchSource | CreateEnvironment
    wanted = any(p.action == "run" and isinstance(p.step, takers) for p in others)
    whole, why = state
    return Planned(
        step=step,
        title=title(step),
        action=_run(wanted and not whole),
        why=why if wanted or whole else "not needed: nothing is to come out of it",
        digest=digest(step),
    )


def _run(yes: bool) -> Literal["run", "skip"]:
    return "run" if yes else "skip"


def _state(step: Step, entry: JournalEntry | None) -> tuple[bool, str]:
    if entry is None or entry.digest != digest(step):
        return False, FIRST_TIME
    if entry.damage:
        return False, f"done before, but {entry.damage}"
    return True, f"done: {entry.detail}"


def to_run(plan: Plan) -> Sequence[Planned]:
    """The steps that will do something."""
    return [p for p in plan.steps if p.action == "run"]
