"""One mxbuild at a time on one build; the second one waits and says for whom.

The descriptor is inherited by make: after a kill of mxbuild the lock stays held while an orphaned make still works.
"""

import fcntl
import os
import shlex
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

PAUSE = 0.2
"""Seconds between two looks at a lock that another holds."""


@contextmanager
def held(path: str, on_wait: Callable[[str], None]) -> Iterator[int]:
    """Hold the lock; yields its descriptor.

    Args:
        on_wait: called once, with who holds the lock, where it has to be waited for.

    Raises:
        OSError: the lock file cannot be made.
    """
    Path(path).parent.mkdir(parents=True, exist_ok=True)
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
    try:
        waited = False
        while True:
            try:
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except BlockingIOError:
                if not waited:
                    on_wait(os.pread(descriptor, 4096, 0).decode("utf-8", "replace").strip() or "another process")
                    waited = True
                time.sleep(PAUSE)
        os.ftruncate(descriptor, 0)
        os.pwrite(descriptor, f"process {os.getpid()}: {shlex.join(sys.argv)}\n".encode(errors="replace"), 0)
        yield descriptor
    finally:
        os.close(descriptor)
