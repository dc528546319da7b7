"""What nothing needs any more, by name and place: what mxbuild did not make, or does not know, is never looked at.

An environment needs its wheel and its build's records; a build that runs or was stopped needs all that its journal
says is done; the current toolkit of either stays. A tree serves only until its wheel is whole.
"""

import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from mxbuild.durable import PARTIAL, TRASH
from mxbuild.environments import ENVIRONMENTS, installed, size
from mxbuild.execute import lock, objectcache
from mxbuild.execute.notebook import places
from mxbuild.garbage import notebooks
from mxbuild.garbage.builds import Recorded, recorded
from mxbuild.locations import Locations
from mxbuild.plan.places import UNPACKED

Kind = Literal[
    "environments", "wheels", "notebooks", "trees", "records", "launchers", "toolkits", "caches", "leftovers"
]

MADE = ("bin", "programs", "pkgconfig")
"""Directories among a build's records that each make step makes anew."""


@dataclass(frozen=True)
class Item:
    """One file or directory that can go."""

    kind: Kind
    path: str
    bytes: int
    why: str
    build: str = ""
    """Name of the build whose lock guards it."""
    shared: bool = False
    """Builds share it: it goes only while none runs."""
    alone: bool = False
    """It has a lock of its own, PATH.lock, that its users hold together."""


@dataclass(frozen=True)
class Kept:
    """What stays, and why; `--all` takes it as well where `spared`."""

    what: str
    bytes: int
    why: str
    spared: bool


@dataclass(frozen=True)
class Found:
    items: tuple[Item, ...]
    kept: tuple[Kept, ...]

    @property
    def bytes(self) -> int:
        return sum(item.bytes for item in self.items)


def find(where: Locations, *, everything: bool = False, mine: frozenset[str] = frozenset()) -> Found:
    """Look; nothing is changed.

    Args:
        everything: also what only makes a next build quicker: builds that were stopped, compiled objects, downloads.
        mine: builds, and paths of what has a lock of its own, whose lock the caller holds.
    """
    here = {one.path: one for one in installed(where.prefix)}
    builds = recorded(where.state, here, mine)
    # Who is under way needs what it has; who was stopped would begin anew.
    live = {name: b for name, b in builds.items() if b.running or (b.stopped and not everything)}
    items = [
        *_environments(where, set(here), live),
        *_wheels(where, {os.path.dirname(one.receipt.wheel) for one in here.values()}, live),
        *_notebooks(where, set(here), mine),
        *_trees(where, builds, live),
        *_records(where, builds, live),
        *_toolkits(where, builds, live),
        *_caches(where, everything=everything),
        *_leftovers(where, live),
    ]
    kept = [] if everything else [*_stopped(where, builds), *_spared(where)]
    kept += [Kept(b.name, 0, "is being built now", spared=False) for b in builds.values() if b.running]
    return Found(tuple(items), tuple(kept))


def _environments(where: Locations, whole: set[str], live: Mapping[str, Recorded]) -> Iterator[Item]:
    underway = {b.underway for b in live.values()}
    for path in _entries(f"{where.prefix}/{ENVIRONMENTS}"):
        if path not in whole and path not in underway:
            yield Item("environments", path, size(path), "was never finished")


def _wheels(where: Locations, used: set[str], live: Mapping[str, Recorded]) -> Iterator[Item]:
    underway = {b.fingerprint: b.name for b in live.values()}
    for path in _entries(f"{where.prefix}/wheels"):
        fingerprint = os.path.basename(path).partition(".")[0]
        if path not in used and fingerprint not in underway:
            yield Item("wheels", path, size(path), "no environment has it")


def _notebooks(where: Locations, whole: set[str], mine: frozenset[str]) -> Iterator[Item]:
    for one in notebooks.idle(where.prefix, whole, mine):
        yield Item("notebooks", one.path, size(one.path), one.why, alone=True)


def _trees(where: Locations, builds: Mapping[str, Recorded], live: Mapping[str, Recorded]) -> Iterator[Item]:
    for path in _entries(f"{where.cache}/trees"):
        name = os.path.basename(path).removesuffix(PARTIAL)
        if name in live:
            continue
        stopped = name in builds and builds[name].stopped
        why = "a build that was stopped" if stopped else "its wheel is made" if name in builds else "of no build"
        yield Item("trees", path, size(path), why, build=name)


def _records(where: Locations, builds: Mapping[str, Recorded], live: Mapping[str, Recorded]) -> Iterator[Item]:
    for name, build in builds.items():
        records = f"{where.state}/builds/{name}"
        if name in live:
            continue
        if not build.environments:
            yield Item("records", records, size(records), "no environment is of this build", build=name)
            continue
        for path in _entries(records):
            own = os.path.basename(path)
            if own in MADE or own.startswith(f"bin{PARTIAL}"):
                yield Item("launchers", path, size(path), "make has ended", build=name)


def _toolkits(where: Locations, builds: Mapping[str, Recorded], live: Mapping[str, Recorded]) -> Iterator[Item]:
    used = {v for name, b in builds.items() if name in live or b.environments for v in b.values}
    for path in _entries(f"{where.cache}/cuda"):
        if os.path.isdir(path) and not path.endswith(PARTIAL) and not any(_below(value, path) for value in used):
            yield Item("toolkits", path, size(path), "no environment was compiled with it", shared=True)


def _caches(where: Locations, *, everything: bool) -> Iterator[Item]:
    for what, path in _quickening(where):
        if everything:
            yield Item("caches", path, size(path), what, shared=True)


def _leftovers(where: Locations, live: Mapping[str, Recorded]) -> Iterator[Item]:
    """What a kill has left: half of something, what was being taken away, locks of what is gone."""
    made = (where.prefix, *(f"{where.prefix}/{name}" for name in (ENVIRONMENTS, "wheels")))
    shared = [f"{where.cache}/{name}" for name in ("cuda", "embedded", "upstream/packages", "upstream/trees", UNPACKED)]
    shared += [places.root(where.prefix)]
    alone = [f"{where.cache}/trees", f"{where.state}/builds"]
    for directory in (*made, *alone, *shared):
        for path in _entries(directory, hidden=True):
            name = os.path.basename(path)
            if name.startswith(TRASH):
                yield Item("leftovers", path, size(path), "was being removed")
            elif directory == where.prefix and name.startswith(f"current{PARTIAL}"):
                yield Item("leftovers", path, 0, "half of a switch")
            elif directory in shared and name.endswith(PARTIAL):
                yield Item("leftovers", path, size(path), "half of it", shared=True)
            elif directory in shared and _idle(path):
                yield Item("leftovers", path, size(path), "the lock of what is gone", shared=True)
    for wheel in _entries(f"{where.prefix}/wheels"):
        if os.path.basename(wheel).partition(".")[0] not in {b.fingerprint for b in live.values()}:
            for path in _entries(wheel):
                if path.endswith(PARTIAL):
                    yield Item("leftovers", path, size(path), "half of it")


def _stopped(where: Locations, builds: Mapping[str, Recorded]) -> Iterator[Kept]:
    for name, build in builds.items():
        if build.stopped and not build.running:
            places = [f"{where.cache}/trees/{name}", f"{where.cache}/trees/{name}{PARTIAL}", build.underway]
            places += [f"{where.state}/builds/{name}"]
            taken = sum(size(p) for p in places if p and p not in build.environments)
            yield Kept(name, taken, "was stopped; mxbuild install goes on with it", spared=True)


def _spared(where: Locations) -> Iterator[Kept]:
    for what, path in _quickening(where):
        yield Kept(what, size(path), "makes the next build quicker", spared=True)


def _quickening(where: Locations) -> Iterator[tuple[str, str]]:
    """What it is, and where. A link, which the user has put there, leads to what is the user's."""
    for what, name in (
        ("compiled objects (ccache)", "ccache"),
        ("sources fetched before (git)", objectcache.DIRECTORY),
        ("downloads for vendored files", "vendor"),
        ("what vendored files hold", UNPACKED),
    ):
        path = f"{where.cache}/{name}"
        if os.path.isdir(path) and not os.path.islink(path):
            yield what, path
    for what, place in (
        ("packages for upstream's tests", "upstream/packages"),
        ("upstream's tests", "upstream/trees"),
        ("embedded sources", "embedded"),
    ):
        for path in _entries(f"{where.cache}/{place}"):
            if os.path.isdir(path) and not path.endswith(PARTIAL):
                yield what, path


def _entries(directory: str, *, hidden: bool = False) -> list[str]:
    """Paths in a directory, by name; none where it cannot be read."""
    try:
        names = sorted(os.listdir(directory))
    except OSError:
        return []
    return [str(Path(directory, name)) for name in names if hidden or not name.startswith(".")]


def _idle(path: str) -> bool:
    """Whether it is the lock of something that is gone, held by nobody."""
    return path.endswith(".lock") and not os.path.exists(path.removesuffix(".lock")) and not lock.taken(path)


def _below(value: str, path: str) -> bool:
    return value == path or value.startswith(f"{path}/")
