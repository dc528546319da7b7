"""One mxbuild at a time on one build; the second one waits and says for whom.

The descriptor is inherited by make: after a kill of mxbuild the lock stays held while an orphaned make still works.
A lock's file may be deleted by who holds it: whoever gets the lock of a file that is no longer there, asks again.
"""

import fcntl
import os
import shlex
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from mxbuild.redaction import redacted

PAUSE = 0.2
"""Seconds between two looks at a lock that another holds."""
WORKING = "working"
"""Name of the lock, in the state's directory, that all who build share; who deletes what builds share has it alone."""


@contextmanager
def held(path: str, on_wait: Callable[[str], None], *, shared: bool = False) -> Iterator[int]:
    """Hold the lock; yields its descriptor.

    Args:
        on_wait: called once, with who holds the lock, where it has to be waited for.
        shared: beside others that share it.

    Raises:
        OSError: the lock file cannot be made.
    """
    waited = False
    while (descriptor := _got(path, shared=shared)) < 0:
        if not waited:
            on_wait(_holder(path))
            waited = True
        time.sleep(PAUSE)
    try:
        if not shared:
            os.ftruncate(descriptor, 0)
            who = redacted(f"process {os.getpid()}: {shlex.join(sys.argv)}\n")
            os.pwrite(descriptor, who.encode(errors="replace"), 0)
        yield descriptor
    finally:
        os.close(descriptor)


@contextmanager
def tried(path: str) -> Iterator[bool]:
    """Hold the lock where nobody else does; yields whether that is so.

    Raises:
        OSError: the lock file cannot be made.
    """
    descriptor = _got(path, shared=False)
    try:
        yield descriptor >= 0
    finally:
        if descriptor >= 0:
            os.close(descriptor)


def taken(path: str) -> bool:
    """Whether somebody holds it; makes no file."""
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    except OSError:
        return False
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    finally:
        os.close(descriptor)
    return False


def _got(path: str, *, shared: bool) -> int:
    """The descriptor of the lock; -1 where another holds it."""
    while True:
        Path(path).parent.mkdir(parents=True, exist_ok=True)
        try:
            descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
        except FileNotFoundError:  # the directory was deleted in between
            continue
        try:
            fcntl.flock(descriptor, (fcntl.LOCK_SH if shared else fcntl.LOCK_EX) | fcntl.LOCK_NB)
            if _there(descriptor, path):
                return descriptor
        except BlockingIOError:
            os.close(descriptor)
            return -1
        except BaseException:
            os.close(descriptor)
            raise
        os.close(descriptor)


def _there(descriptor: int, path: str) -> bool:
    """Whether the locked file is still the one of that name."""
    try:
        return os.path.samestat(os.fstat(descriptor), os.stat(path))
    except FileNotFoundError:
        return False


def _holder(path: str) -> str:
    try:
        return Path(path).read_bytes()[:4096].decode("utf-8", "replace").strip() or "another process"
    except OSError:
        return "another process"
