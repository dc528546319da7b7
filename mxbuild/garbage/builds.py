"""What each build's records say of it: whether it runs, was stopped on the way, or has environments."""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from mxbuild.execute import journal, lock, receipt, runlog
from mxbuild.model import Begun, Installed, StepFinished, StepSkipped
from mxbuild.plan import LEDGER

LAST = "activate"
"""Id of the step after which a build is done."""
PACKAGES = "apt"
"""Id of the step after which all is decided anew, with what it brought: as another build, mostly."""


@dataclass(frozen=True)
class Recorded:
    """A build, as its records tell."""

    name: str
    """<recipe>-<fingerprint>."""
    running: bool
    """Another process has its lock: mxbuild, or the make that it left."""
    stopped: bool
    """Its last run did not come to its end; the same command would go on there."""
    environments: frozenset[str]
    """Paths of those that it made and that have a receipt, under whatever prefix."""
    underway: str
    """Path of the environment that its last run was about."""
    values: frozenset[str]
    """Values of its make variables: among them its toolkit."""

    @property
    def fingerprint(self) -> str:
        return self.name.rpartition("-")[2]

    @property
    def needed(self) -> bool:
        """Whether its records are."""
        return self.running or self.stopped or bool(self.environments)


def recorded(state: str, installed: Mapping[str, Installed], mine: frozenset[str] = frozenset()) -> dict[str, Recorded]:
    """Name -> build, for all that have records; changes nothing.

    Args:
        installed: path -> environment, of the prefix that is looked at.
        mine: builds whose lock the caller holds.
    """
    names = sorted(p.name for p in Path(state, "builds").glob("*") if p.is_dir() and not p.name.startswith("."))
    return {name: _one(f"{state}/builds/{name}", installed, mine) for name in names}


def _one(records: str, installed: Mapping[str, Installed], mine: frozenset[str]) -> Recorded:
    name = os.path.basename(records)
    made = {path for path, one in installed.items() if f"{one.receipt.recipe}-{one.receipt.fingerprint}" == name}
    begun: Begun | None = None
    ended = False
    values: set[str] = set()
    for line in runlog.read(records):
        if isinstance(line.event, Begun):
            begun, ended = line.event, False
            values.update(variable.value for variable in begun.variables)
            if receipt.read(f"{begun.environment}/receipt.json"):
                made.add(begun.environment)
        elif isinstance(line.event, StepFinished | StepSkipped):
            finished = isinstance(line.event, StepFinished)
            ended = ended or line.event.id == LAST or (finished and line.event.id == PACKAGES)
    if begun is None:  # of an mxbuild that wrote no runs down
        done = {id_ for id_, _ in journal.read(records)}
        ended = LAST in done or not (done or os.path.exists(f"{records}/{LEDGER}"))
    return Recorded(
        name=name,
        running=name not in mine and lock.taken(f"{records}/lock"),
        stopped=not ended,
        environments=frozenset(made),
        underway=begun.environment if begun else "",
        values=frozenset(values),
    )
