"""Where this process's control groups lie, so that their limits can be read.

A limit of any ancestor binds too. What /proc/self/cgroup says is relative to a root that a container does not
always see: paths that are not there are skipped, and the mount point itself, the top as seen from here, is always read.
"""

import os
from collections.abc import Iterator

from mxbuild.system import System

MOUNTS = "/proc/self/mounts"
GROUPS = "/proc/self/cgroup"


def unified(system: System) -> Iterator[str]:
    """Directories of the version 2 hierarchy, this process's own group first, then its ancestors."""
    mounts = [fields[1] for fields in _mounts(system) if fields[2] == "cgroup2"]
    for line in (system.read(GROUPS) or "").splitlines():
        if line.startswith("0::"):
            for mount in mounts or ["/sys/fs/cgroup"]:
                yield from _upwards(mount, line[3:])


def controller(system: System, name: str) -> Iterator[str]:
    """Directories of a version 1 controller (cpu, memory), own group first, then its ancestors."""
    mounts = [fields[1] for fields in _mounts(system) if fields[2] == "cgroup" and name in fields[3].split(",")]
    for line in (system.read(GROUPS) or "").splitlines():
        parts = line.split(":", 2)
        if len(parts) == 3 and name in parts[1].split(","):
            for mount in mounts or [f"/sys/fs/cgroup/{name}"]:
                yield from _upwards(mount, parts[2])


def _mounts(system: System) -> list[list[str]]:
    rows = (line.split(" ") for line in (system.read(MOUNTS) or "").splitlines())
    return [row for row in rows if len(row) >= 4 and row[1].startswith("/")]


def _upwards(mount: str, path: str) -> Iterator[str]:
    here = os.path.normpath("/" + path.lstrip("/"))
    while here != "/":
        yield mount + here
        here = os.path.dirname(here)
    yield mount
