"""What is kept where, and how much it is, as far as that can be counted quickly."""

import os
import time
from collections.abc import Iterator
from contextlib import suppress

from mxbuild.doctor.model import Place
from mxbuild.environments import ENVIRONMENTS
from mxbuild.locations import Locations

PATIENCE = 0.12
"""Seconds of CPU for counting what one directory takes: some twenty thousand files."""


def places(where: Locations) -> Iterator[Place]:
    rows = [("environments", f"{where.prefix}/{ENVIRONMENTS}"), ("wheels", f"{where.prefix}/wheels")]
    rows += [("notebooks", f"{where.prefix}/notebook")]
    rows += [(os.path.basename(path), path) for path in listed(where.cache) if os.path.isdir(path)]
    rows += [("records", where.state)]
    for what, path in rows:
        if os.path.isdir(path):
            taken, whole = _size(path, time.process_time() + PATIENCE)
            yield Place(what=what, path=path, bytes=taken, whole=whole)


def _size(path: str, until: float) -> tuple[int, bool]:
    """Bytes on the disk, as far as they could be counted until then.

    Args:
        until: of the process's CPU time.
    """
    total, stack, seen = 0, [path], set[tuple[int, int]]()
    while stack:
        if time.process_time() > until:
            return total, False
        with suppress(OSError), os.scandir(stack.pop()) as entries:
            for entry in entries:
                with suppress(OSError):
                    stat = entry.stat(follow_symlinks=False)
                    if stat.st_nlink > 1 and not entry.is_dir(follow_symlinks=False):
                        if (stat.st_dev, stat.st_ino) in seen:
                            continue
                        seen.add((stat.st_dev, stat.st_ino))
                    total += stat.st_blocks * 512
                    if entry.is_dir(follow_symlinks=False):
                        stack.append(entry.path)
    return total, True


def listed(directory: str) -> list[str]:
    try:
        return sorted(f"{directory}/{name}" for name in os.listdir(directory) if not name.startswith("."))
    except OSError:
        return []
