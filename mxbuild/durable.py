"""What has to be there after a crash: files whole or not at all, appended lines, links that are switched.

Everything that mxbuild itself has to find again is written here: aside, onto the disk, then in place by one rename,
and the directory onto the disk as well. Without that last step a power loss may take the rename back.
Beside it, for what nobody has to find again, `scratch`.
"""

import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from io import BufferedWriter, FileIO
from pathlib import Path
from typing import BinaryIO

TRASH = ".removed-"
"""How the name begins of what was taken away and is not yet deleted."""
PARTIAL = ".partial"
"""How the name ends of what is not whole yet."""


@contextmanager
def writing(path: str | Path) -> Iterator[BinaryIO]:
    """A file that takes the place of `path` when the block ends well; what was there stays until then.

    Raises:
        OSError: the disk refuses; nothing has changed then, and nothing is left.
    """
    partial = f"{path}{PARTIAL}"
    with suppress(FileNotFoundError):
        os.unlink(partial)  # what a kill left; or somebody's link, which is not to be followed
    descriptor = os.open(partial, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC, 0o644)
    try:
        with BufferedWriter(FileIO(descriptor, "wb")) as file:
            yield file
            file.flush()
            os.fsync(descriptor)
        rename(partial, path)
    except BaseException:
        with suppress(OSError):
            os.unlink(partial)
        raise


def write(path: str | Path, data: bytes) -> None:
    """Write a file whole or not at all; its directory is made where it is missing.

    Raises:
        OSError: the disk refuses.
    """
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with writing(path) as file:
        file.write(data)


def append(path: str | Path, line: bytes) -> None:
    """Add one line; it is on the disk when this returns. What a crash tore off before it stays a line of its own.

    Raises:
        OSError: the disk refuses.
    """
    os.makedirs(os.path.dirname(path), exist_ok=True)
    descriptor = os.open(path, os.O_RDWR | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC, 0o644)
    try:
        size = os.fstat(descriptor).st_size
        torn = size > 0 and os.pread(descriptor, 1, size - 1) != b"\n"
        rest = memoryview(b"\n" * torn + line + b"\n")
        while rest:
            rest = rest[os.write(descriptor, rest) :]
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
    if size == 0:
        sync(os.path.dirname(path))


def rename(source: str | Path, target: str | Path) -> None:
    """`source` takes the place of `target`, for good.

    Raises:
        OSError: the disk refuses.
    """
    os.replace(source, target)
    sync(os.path.dirname(target))


def link(target: str, path: str) -> None:
    """Let the link at `path` say `target`, in one rename: there is no moment without it.

    Raises:
        OSError: the disk refuses, or a directory lies there.
    """
    partial = f"{path}{PARTIAL}-{os.getpid()}"
    with suppress(FileNotFoundError):
        os.unlink(partial)
    os.symlink(target, partial)
    try:
        rename(partial, path)
    except BaseException:
        with suppress(OSError):
            os.unlink(partial)
        raise


def remove(path: str | Path) -> None:
    """Delete a file or directory; it is renamed first, so that no half of it is ever seen under its name.

    Raises:
        OSError: it cannot be renamed, and is as it was; or it cannot be deleted, and what is left of it has a name that
            begins with TRASH.
    """
    parent, name = os.path.split(path)
    aside = str(path) if name.startswith(TRASH) else f"{parent}/{TRASH}{os.getpid()}-{name}"
    os.rename(path, aside)
    if os.path.isdir(aside) and not os.path.islink(aside):
        shutil.rmtree(aside)
    else:
        os.unlink(aside)


def sync(directory: str | Path) -> None:
    """What was renamed in the directory is on the disk when this returns.

    Raises:
        OSError: the disk refuses.
    """
    descriptor = os.open(directory or ".", os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def scratch(what: str) -> "tempfile.TemporaryDirectory[str]":
    """A directory for what is not kept, gone when its block ends.

    What was done in it counts, whether or not the disk lets go of it: that it cannot be deleted is no error.

    Args:
        what: part of its name.

    Raises:
        OSError: it cannot be made.
    """
    return tempfile.TemporaryDirectory(prefix=f"mxbuild-{what}-", ignore_cleanup_errors=True)
