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
    "os.rename": ("rename", 0, 2), "os.mkdir": ("mkdir", 0, 2), "os.symlink": ("symlink", 1, 2),
    "os.link": ("link", 1, 3), "os.remove": ("unlink", 0, 1), "os.rmdir": ("rmdir", 0, 1),
    "os.truncate": ("truncate", 0, None), "os.chmod": ("chmod", 0, 2),
}  # fmt: skip
"""Audit event -> what is done; which argument is the path, and which the directory that it starts from."""
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
        return isinstance(path, str | bytes) and os.fsdecode(path).startswith(root)

    def hook(event: str, arguments: tuple[Any, ...]) -> None:
        if event == "open":
            path, _, flags = arguments
            # Python does not say from which directory; only shutil.rmtree opens so, and it writes nothing.
            if isinstance(flags, int) and flags & WRITING and ours(path):
                call("open", path)
        elif event in CHANGES:
            what, at, base = CHANGES[event]
            path = arguments[at] if base is None else _whole(arguments[at], arguments[base])
            if ours(path):
                call(what, path)
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


def _whole(path: Any, directory: int) -> Any:
    """The path from the root on; shutil.rmtree and others name a file by an open directory and the rest."""
    if not isinstance(path, str | bytes) or os.path.isabs(path):
        return path
    base = os.getcwd() if directory == -1 else os.readlink(f"/proc/self/fd/{directory}")
    return os.path.join(base, os.fsdecode(path))
