"""Control groups with a limit of memory: the kernel itself ends what takes more. For root, where groups can be made."""

import functools
import os
import signal
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

TOP = Path("/sys/fs/cgroup")
WAYS = (
    (TOP / "memory", "memory.limit_in_bytes", ("memory.memsw.limit_in_bytes",)),  # version 1
    (TOP, "memory.max", ("memory.swap.max",)),  # version 2
)
"""Where groups are made, the file of their limit, and those that close the way into the swap."""
PATIENCE = 30.0
"""Seconds until the last process of a group is gone."""


@functools.cache
def unable() -> str:
    """Why no group can be made here; "" where one can."""
    if os.geteuid() != 0:
        return "only root makes control groups"
    try:
        _made().rmdir()
    except OSError as error:
        return f"no control group with a limit of memory can be made: {error.strerror}"
    return ""


@contextmanager
def limited(limit: int) -> Iterator[Callable[[], None]]:
    """A group that may have so many bytes; yields what puts the process that calls it into it, and what that starts.

    At the end all of it is over: what is left is ended.
    """
    group = _made()
    try:
        for top, name, swap in WAYS:
            if (top / name).exists() or (group / name).exists():
                (group / name).write_text(str(limit))
                for other in (other for other in swap if (group / other).exists()):
                    (group / other).write_text(str(limit if "memsw" in other else 0))
                break
        yield lambda: (group / "cgroup.procs").write_text(str(os.getpid())) and None
    finally:
        deadline = time.monotonic() + PATIENCE
        while True:
            for number in (group / "cgroup.procs").read_text().split():
                with suppress(ProcessLookupError):
                    os.kill(int(number), signal.SIGKILL)
            try:
                group.rmdir()
                break
            except OSError:  # the kernel is not through with it
                if time.monotonic() > deadline:
                    raise
                time.sleep(0.02)


def _made() -> Path:
    """An empty group that has the files of a limit."""
    for top, name, _ in WAYS:
        if top.is_dir():
            group = top / f"mxbuild-tests-{os.getpid()}-{time.monotonic_ns()}"
            with suppress(OSError):
                group.mkdir()
                if (group / name).exists():
                    return group
                group.rmdir()
    raise FileNotFoundError(2, f"no group with a limit below {TOP}")
