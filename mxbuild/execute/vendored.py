"""A vendored file: a plain tar whose first member, the manifest, has size and SHA-256 of each of the others.

It is read by what is below, not by `tarfile`: no links, no devices, no sparse files, no long names, no two members of
one name, nothing that the manifest does not name, and no byte more than the file itself has.
"""

import hashlib
import os
import re
import shutil
import tarfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO, NamedTuple

from mxbuild import durable
from mxbuild.errors import DiskError, SourceError
from mxbuild.execute import lock
from mxbuild.execute.context import Context
from mxbuild.foreign import decoded
from mxbuild.model import JournalEntry, Manifest, Message, Outcome, Progress, UnpackVendored
from mxbuild.model.vendored import FORMAT, MANIFEST

BLOCK = 512
LARGEST, MOST = 16 << 20, 20_000
"""Bytes of a manifest, and members; a build for the GPU with all its Debian packages has 400 members."""
NAME = re.compile(r"[A-Za-z0-9_][A-Za-z0-9._+~-]*(?:/[A-Za-z0-9_][A-Za-z0-9._+~-]*){0,7}")
CHUNK = 1 << 20
LIMIT = 8 << 30
"""Bytes of a member: a plain tar has no room for more digits."""


class Opened(NamedTuple):
    """What the beginning of a file says."""

    manifest: Manifest
    sha256: str
    """Of the manifest."""
    size: int
    """Bytes of all members that it names."""
    text: bytes
    """The manifest as it stands there."""


def look(file: str) -> Opened:
    """Read the manifest; nothing else is looked at, so this takes no time.

    Raises:
        SourceError: it cannot be read, or is no vendored file.
    """
    with _opened(file) as source:
        return _manifest(source, file)


def head(name: str, size: int) -> bytes:
    """What stands before a member: it has no owner, no time, and is a plain file, or it is none of ours.

    Raises:
        ValueError: the name or the size has no room in it.
    """
    entry = tarfile.TarInfo(name)
    entry.size = size
    return entry.tobuf(tarfile.USTAR_FORMAT, "ascii", "strict")


def run(step: UnpackVendored, context: Context) -> Outcome:
    """Unpack it aside, compare everything, and put it in place in one rename.

    Raises:
        SourceError: it is not what its manifest says, or another file than was planned with.
        DiskError: there is no room.
        OSError: it cannot be written.
    """
    started = time.monotonic()

    def waiting(holder: str) -> None:
        context.watch(Message(id=step.id, text=f"waiting for another mxbuild that unpacks the same ({holder})"))

    def told(done: int, name: str) -> None:
        context.watch(Progress(id=step.id, done=done, total=step.size, unit="bytes", text=name))

    with lock.held(f"{step.directory}.lock", waiting):
        there = _wrong(step) == ""
        if not there:
            unpack(step, told)
    return Outcome(
        id=step.id,
        status="done",
        seconds=time.monotonic() - started,
        detail="there already" if there else f"{step.size / 1e6:.1f} MB, each file by its SHA-256",
        evidence={"file": step.file, "sha256": step.sha256, "size": step.size},
    )


def damage(step: UnpackVendored, entry: JournalEntry) -> str:  # noqa: ARG001
    """Whether every member is there, with its size. Those who use one compare its content."""
    return _wrong(step)


def _wrong(step: UnpackVendored) -> str:
    try:
        text = Path(step.directory, MANIFEST).read_bytes()
        manifest = decoded(text, Manifest)
    except (OSError, ValueError):
        return f"{step.directory} is gone, or not whole"
    if hashlib.sha256(text).hexdigest() != step.sha256:
        return f"{step.directory}/{MANIFEST} was changed"
    for name, member in manifest.members.items():
        if _size(f"{step.directory}/{name}") != member.size:
            return f"{step.directory}/{name} is gone, or was changed"
    return ""


def _size(path: str) -> int:
    """-1 where there is nothing."""
    try:
        return os.lstat(path).st_size
    except OSError:
        return -1


def unpack(step: UnpackVendored, told: Callable[[int, str], None] = lambda done, name: None) -> None:
    """Every member into the directory, whole or not at all.

    Args:
        told: receives the bytes that are done, and the member's name.

    Raises:
        SourceError, DiskError, OSError: as `run`.
    """
    partial = f"{step.directory}{durable.PARTIAL}"
    for path in (partial, step.directory):
        if os.path.lexists(path):
            durable.remove(path)
    with _opened(step.file) as source:
        found = _manifest(source, step.file)
        if found.sha256 != step.sha256:
            raise _doubt(step.file, "it is another one than a moment ago")
        os.makedirs(partial)
        if (free := shutil.disk_usage(partial).free) < found.size:
            os.rmdir(partial)
            raise DiskError(
                f"{step.file} holds {found.size / 1e6:.0f} MB, {partial} has room for {free / 1e6:.0f} MB",
                remedy="make room, or name another disk in MXBUILD_CACHE_DIR",
            )
        try:
            _members(source, step.file, found, partial, told)
        except BaseException:
            shutil.rmtree(partial, ignore_errors=True)
            raise
    durable.rename(partial, step.directory)


def _members(source: BinaryIO, file: str, found: Opened, root: str, told: Callable[[int, str], None]) -> None:
    """All of them, as the manifest has them, in any order; it lies beside them, last."""
    missing, done = dict(found.manifest.members), 0
    for name, size in _headers(source, file):
        wanted = missing.pop(name, None)
        if wanted is None:
            again = name in found.manifest.members
            raise _doubt(file, f"{name} is in it twice" if again else f"its manifest does not name {name}")
        if wanted.size != size:
            raise _doubt(file, f"{name} has {size:,} bytes, not {wanted.size:,}")
        told(done, name)
        place = f"{root}/{name}"
        os.makedirs(os.path.dirname(place), exist_ok=True)
        digest = hashlib.sha256()
        with open(place, "xb") as target:
            for piece in _content(source, size, file):
                digest.update(piece)
                target.write(piece)
        if digest.hexdigest() != wanted.sha256:
            raise _doubt(file, f"{name} is not what its SHA-256 says")
        done += size
    if missing:
        raise _doubt(file, f"it ends before {min(missing)}" + f" and {len(missing) - 1} more" * (len(missing) > 1))
    durable.write(f"{root}/{MANIFEST}", found.text)
    told(done, "")


def _manifest(source: BinaryIO, file: str) -> Opened:
    name, size = next(_headers(source, file), ("", 0))
    if name != MANIFEST or size > LARGEST:
        raise _doubt(file, f"it does not begin with a {MANIFEST} of at most {LARGEST >> 20} MiB")
    text = b"".join(_content(source, size, file))
    try:
        manifest = decoded(text, Manifest)
    except ValueError as error:
        remedy = "an mxbuild as new as the one that made it may read it"
        raise _doubt(file, f"its {MANIFEST} cannot be read: {error}", remedy) from error
    if manifest.format != FORMAT:
        made = f"its format is {manifest.format}, made by mxbuild {manifest.mxbuild}"
        raise _doubt(file, f"{made}; this one knows {FORMAT}", "make it anew with this mxbuild")
    sizes = sum(member.size for member in manifest.members.values())
    directories = {str(above) for name in manifest.members for above in Path(name).parents}
    if len(manifest.members) > MOST or not directories.isdisjoint(manifest.members) or MANIFEST in manifest.members:
        raise _doubt(file, f"its {MANIFEST} names what no vendored file has")
    if sizes > os.fstat(source.fileno()).st_size:
        raise _doubt(file, f"its members would be {sizes:,} bytes, more than it has: it was cut off")
    return Opened(manifest, hashlib.sha256(text).hexdigest(), sizes, text)


def _headers(source: BinaryIO, file: str) -> Iterator[tuple[str, int]]:
    """(name, bytes) of each member; the caller reads the content before it asks for the next.

    Raises:
        SourceError: something else than a plain file with a plain name, or no tar at all.
    """
    while block := source.read(BLOCK):
        if block == bytes(BLOCK):  # the end; what follows is padding
            if source.read(BLOCK * 64).strip(b"\0"):
                raise _doubt(file, "something follows its end")
            return
        try:
            header = tarfile.TarInfo.frombuf(block, "ascii", "strict")
            name, size = header.name, header.size
            plain = NAME.fullmatch(name) and 0 <= size < LIMIT and head(name, size) == block
        except (tarfile.HeaderError, ValueError) as error:
            raise _doubt(file, f"it is no whole tar: {error}") from error
        if not plain:
            raise _doubt(file, f"{name[:200]!r} in it is no plain file with a plain name")
        yield name, size
    raise _doubt(file, "it was cut off")


def _content(source: BinaryIO, size: int, file: str) -> Iterator[bytes]:
    """A member's bytes, then the padding after them is read over."""
    rest = size
    while rest:
        piece = source.read(min(rest, CHUNK))
        if not piece:
            raise _doubt(file, "it was cut off")
        rest -= len(piece)
        yield piece
    if source.read(-size % BLOCK).strip(b"\0"):
        raise _doubt(file, "something lies between its members")


@contextmanager
def _opened(file: str) -> Iterator[BinaryIO]:
    if not os.path.isfile(file):  # a pipe would never end
        what = "is no file" if os.path.exists(file) else "is not there"
        raise SourceError(f"{file} {what}", remedy="mxbuild vendor makes one, on a machine with a network")
    with open(file, "rb") as source:
        yield source


def _doubt(file: str, what: str, remedy: str = "copy it anew, or make it anew with mxbuild vendor") -> SourceError:
    return SourceError(f"refused to install from {file}: {what}", remedy=remedy)
