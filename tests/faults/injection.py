"""The Nth time that a process opens for writing, writes, renames, deletes, syncs or starts something, it fails there.

Python tells an audit hook of each such call before it is made, whoever makes it: no code of mxbuild's knows of this. A
hook cannot be taken away again: it belongs into a process of its own. Python does not tell of writing and syncing:
what has to last is written by mxbuild.durable alone, and that is counted there.
"""

import errno
import os
import signal
import sys
from collections.abc import Callable
from dataclasses import dataclass
from io import FileIO
from typing import Any, Literal

from mxbuild import durable

Kind = Literal["ENOSPC", "EIO", "EACCES", "kill"]
KINDS: tuple[Kind, ...] = ("ENOSPC", "EIO", "EACCES", "kill")

CHANGES = {
    "os.rename": "rename", "os.mkdir": "mkdir", "os.symlink": "symlink", "os.remove": "unlink", "os.rmdir": "rmdir",
    "os.link": "link", "os.truncate": "truncate", "os.chmod": "chmod",
}  # fmt: skip
"""Audit events -> what is done."""
WRITING = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC


@dataclass(frozen=True)
class Fault:
    """What goes wrong, and when."""

    kind: Kind
    number: int
    """Of the call, from 1 on."""

    def __str__(self) -> str:
        return f"{self.kind} at call {self.number}"


def inject(fault: Fault | None, root: str, seen: Callable[[int, str], None]) -> None:
    """Let this process fail once. Only changes below `root` count, and whatever is started.

    Args:
        fault: None: nothing fails, the calls are only told.
        seen: hears of each call's number, and what it is.
    """
    count = 0

    def call(what: str, path: Any) -> None:
        nonlocal count
        count += 1
        number, name = count, os.fsdecode(path) if isinstance(path, str | bytes) else str(path)
        if fault is None or number == fault.number:
            seen(number, f"{what} {name.removeprefix(root)}")
        if fault is None or number != fault.number:
            return
        if fault.kind == "kill":
            os.kill(os.getpid(), signal.SIGKILL)
        code = getattr(errno, fault.kind)
        raise OSError(code, os.strerror(code), name)

    def ours(path: Any) -> bool:
        # A path that is not absolute is below a directory that was opened before: rmtree's.
        return isinstance(path, str | bytes) and (os.fsdecode(path).startswith(root) or not os.path.isabs(path))

    def hook(event: str, arguments: tuple[Any, ...]) -> None:
        if event == "open":
            path, _, flags = arguments
            if isinstance(flags, int) and flags & WRITING and ours(path):
                call("open", path)
        elif event in CHANGES:
            if ours(arguments[0]):
                call(CHANGES[event], arguments[0])
        elif event == "subprocess.Popen":
            call("spawn", arguments[0])

    fsync, write = os.fsync, os.write

    def syncing(descriptor: int) -> None:
        call("fsync", os.readlink(f"/proc/self/fd/{descriptor}"))
        fsync(descriptor)

    class Writing(FileIO):
        def write(self, data: Any) -> int:  # type: ignore[override]
            call("write", os.readlink(f"/proc/self/fd/{self.fileno()}"))
            return write(self.fileno(), data)

    def appending(descriptor: int, data: Any) -> int:
        where = os.readlink(f"/proc/self/fd/{descriptor}")
        if where.startswith(root):
            call("write", where)
        return write(descriptor, data)

    os.fsync, os.write = syncing, appending
    durable.FileIO = Writing  # type: ignore[misc]
    sys.addaudithook(hook)
