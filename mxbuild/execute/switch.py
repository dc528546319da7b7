"""The link `current`, and the environments that it led to before: what a rollback goes back along."""

import ctypes
import fcntl
import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

import msgspec

from mxbuild import durable
from mxbuild.execute import receipt
from mxbuild.foreign import decoded

TRAIL = "trail.json"
"""Names of environments, oldest first, beside `current`."""


def to(current: str, environment: str) -> None:
    """Let `current` lead to an environment; a rollback leads to the one before.

    The trail is written first. Killed in between, it ends with the one that is still current, which `trail` leaves out.

    Raises:
        OSError: the disk refuses, or `current` is a directory.
    """
    prefix, new = os.path.dirname(current), os.path.basename(environment)
    with _alone(prefix):
        old = name(current)
        if old != new:
            _write(prefix, [*(n for n in trail(current) if n not in (old, new)), *filter(None, [old])])
        _settled(environment)
        durable.link(os.path.relpath(environment, prefix), current)


def back(current: str, environment: str) -> None:
    """The same, but the one that was current is not what the next rollback leads to.

    Raises:
        OSError: the disk refuses.
    """
    prefix, new = os.path.dirname(current), os.path.basename(environment)
    with _alone(prefix):
        rest = trail(current)
        durable.link(os.path.relpath(environment, prefix), current)
        _write(prefix, rest[: rest.index(new)] if new in rest else [n for n in rest if n != new])


def name(current: str) -> str:
    """Of the environment that `current` leads to; "" where it leads nowhere."""
    return os.path.basename(os.path.realpath(current)) if os.path.exists(current) else ""


def trail(current: str) -> list[str]:
    """Names of those that were current before and are still whole, oldest first.

    Where nothing was written down, they are taken to have been current in the order in which they were finished.
    """
    prefix, now = os.path.dirname(current), name(current)
    finished = _finished(f"{prefix}/envs")
    try:
        names = decoded(Path(prefix, TRAIL).read_bytes(), list[str])
    except (OSError, ValueError):
        until = finished.get(now, float("inf"))
        names = [n for n in sorted(finished, key=lambda n: finished[n]) if finished[n] <= until]
    return [n for n in names if n in finished and n != now]


def _finished(root: str) -> dict[str, float]:
    """Name -> Unix time of every environment with a receipt."""
    with suppress(OSError):
        proofs = {n: receipt.read(f"{root}/{n}/receipt.json") for n in os.listdir(root) if not n.startswith(".")}
        return {n: proof.finished for n, proof in proofs.items() if proof}
    return {}


def _write(prefix: str, names: Sequence[str]) -> None:
    durable.write(f"{prefix}/{TRAIL}", msgspec.json.encode(list(names)) + b"\n")


@contextmanager
def _alone(prefix: str) -> Iterator[None]:
    """Two builds that end at the same time write their names one after the other. The directory is its own lock."""
    descriptor = os.open(prefix, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)


def _settled(directory: str) -> None:
    """All that pip has written is on the disk before anything leads there, as after a power loss it must be."""
    descriptor = os.open(directory, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        if ctypes.CDLL(None).syncfs(descriptor) != 0:
            os.sync()
    except AttributeError:  # a C library without it
        os.sync()
    finally:
        os.close(descriptor)
