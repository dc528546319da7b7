"""The wheel: upstream's Python package with the library inside; the same input gives the same bytes.

Written with zipfile: the `wheel` project calls itself a command line tool and documents no API, and its WheelFile
takes every file whole into memory and its times and modes from the disk.
"""

import base64
import csv
import hashlib
import io
import os
import time
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import BinaryIO, NamedTuple

from mxbuild import durable
from mxbuild.errors import BuildError
from mxbuild.execute import shims
from mxbuild.execute.context import Context
from mxbuild.model import JournalEntry, Outcome, PackWheel, Progress
from mxbuild.version import release

LIBRARY = "libmxnet.so"
"""Every release's libinfo looks for this name, beside itself before it looks elsewhere (but for environment
variables, since 1.3)."""

LEGAL = ("LICENSE", "NOTICE", "DISCLAIMER")
"""Files of upstream's that have to go where its code goes; into the wheel's metadata."""

NOT_SHIPPED = frozenset({"__pycache__", "cython", "tests", "test"})
DROPPINGS = (".pyc", ".pyo", ".pyx", ".pxd", ".so", ".c", ".cpp", ".o", ".a", ".orig", ".rej")
"""Beside the library: Cython's sources and what was built of them for one interpreter, while this wheel is for all."""

EPOCH = (1980, 1, 1, 0, 0, 0)
CHUNK = 1 << 20


class Member(NamedTuple):
    """One file of the wheel."""

    name: str
    source: str | bytes
    """Path of the file, or its content."""
    mode: int


def run(step: PackWheel, context: Context) -> Outcome:
    """Write the wheel aside and put it in place in one rename.

    Raises:
        BuildError: the tree lacks the package or the library, or the disk refuses.
        SourceError: a name to replace is not there as often as the recipe says.
    """
    started = time.monotonic()
    try:
        members = [*_package(step), *_metadata(step)]
        size = sum(os.path.getsize(m.source) if isinstance(m.source, str) else len(m.source) for m in members)
        done = 0

        def count(length: int) -> None:
            nonlocal done
            done += length
            context.watch(Progress(id=step.id, done=done, total=size, unit="bytes", text=os.path.basename(step.wheel)))

        os.makedirs(os.path.dirname(step.wheel), exist_ok=True)
        with durable.writing(step.wheel) as file:
            hashes = write(file, members, f"{info(step)}/RECORD", count)
        digest, length = sha256(step.wheel), os.path.getsize(step.wheel)
    except OSError as error:
        where = error.filename or step.wheel
        raise BuildError(f"the wheel cannot be written: {where}: {error.strerror}") from error
    return Outcome(
        id=step.id,
        status="done",
        seconds=time.monotonic() - started,
        detail=f"{length / 1e6:.1f} MB, {os.path.basename(step.wheel)}",
        evidence={
            "wheel": step.wheel,
            "sha256": digest,
            "size": length,
            "library_sha256": hashes[f"{os.path.basename(step.package)}/{LIBRARY}"].hex(),
        },
    )


def damage(step: PackWheel, entry: JournalEntry) -> str:
    """Whether the wheel is there, byte for byte."""
    try:
        if os.path.getsize(step.wheel) != entry.evidence.get("size"):
            return "the wheel has another size"
        return "" if sha256(step.wheel) == entry.evidence.get("sha256") else "the wheel was changed"
    except OSError:
        return "the wheel is gone"


def _package(step: PackWheel) -> Iterator[Member]:
    """The package's own files, and the library as make left it.

    A RUNPATH, where a build needs one, belongs into the linker's flags: nothing is changed here.
    """
    root, top = f"{step.tree}/{step.package}", os.path.basename(step.package)
    library = f"{step.tree}/{step.library}"
    for path, what in ((f"{root}/__init__.py", "Python package"), (library, "library")):
        if not os.path.isfile(path):
            raise BuildError(f"the tree has no {what}: {path} is missing", remedy="run the same command again")
    others = {f"{step.tree}/{name}": content for name, content in shims.changed(step).items()}
    for directory, folders, files in os.walk(root, followlinks=True):
        folders[:] = sorted(f for f in folders if f not in NOT_SHIPPED and not f.startswith("."))
        inside = os.path.normpath(f"{top}/{os.path.relpath(directory, root)}")
        for name in files:
            if not name.endswith(DROPPINGS) and not name.startswith("."):
                path = f"{directory}/{name}"
                yield Member(f"{inside}/{name}", others.get(path, path), 0o644)
    for name, content in shims.modules(step):
        yield Member(f"{top}/{name}", content, 0o644)
    yield Member(f"{top}/{LIBRARY}", library, 0o755)
    for path in step.beside:
        file = f"{step.tree}/{path}"
        if not os.path.isfile(file):
            raise BuildError(f"make left no {path}, which belongs beside the library", remedy="look at the make log")
        yield Member(f"{top}/{os.path.basename(path)}", file, 0o755)


def _metadata(step: PackWheel) -> Iterator[Member]:
    place = info(step)
    about = [
        "Metadata-Version: 2.1",  # what the pip of Python 3.6 knows
        f"Name: {step.name}",
        f"Version: {step.version}",
        f"Summary: {step.name} {step.version.split('+')[0]}, built from source by mxbuild",
        *([f"Requires-Python: {step.python}"] if step.python else []),
        *(f"Requires-Dist: {name}" for name in step.requires),
    ]
    tags = [
        "Wheel-Version: 1.0",
        f"Generator: mxbuild ({release()})",
        "Root-Is-Purelib: false",
        f"Tag: py3-none-{step.platform}",
    ]
    yield Member(f"{place}/METADATA", _lines(about), 0o644)
    yield Member(f"{place}/WHEEL", _lines(tags), 0o644)
    yield Member(f"{place}/top_level.txt", _lines([os.path.basename(step.package)]), 0o644)
    for name in LEGAL:
        if os.path.isfile(path := f"{step.tree}/{name}"):
            yield Member(f"{place}/{name}", path, 0o644)


def write(file: BinaryIO, members: list[Member], record: str, count: Callable[[int], None]) -> dict[str, bytes]:
    """Every member in order of its name, then RECORD; returns the SHA-256 of each.

    Raises:
        OSError: one cannot be read, or the wheel cannot be written.
    """
    hashes: dict[str, bytes] = {}
    rows = io.StringIO(newline="")
    table = csv.writer(rows, lineterminator="\n")
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        for member in sorted(members):
            digest, size = hashlib.sha256(), 0
            with archive.open(_entry(member), "w") as target, _open(member.source) as source:
                while chunk := source.read(CHUNK):
                    target.write(chunk)
                    digest.update(chunk)
                    size += len(chunk)
                    count(len(chunk))
            hashes[member.name] = digest.digest()
            encoded = base64.urlsafe_b64encode(digest.digest()).rstrip(b"=").decode()
            table.writerow((member.name, f"sha256={encoded}", size))
        table.writerow((record, "", ""))
        archive.writestr(_entry(Member(record, b"", 0o644)), rows.getvalue())
    return hashes


def _entry(member: Member) -> zipfile.ZipInfo:
    entry = zipfile.ZipInfo(member.name, EPOCH)
    entry.create_system = 3
    entry.external_attr = (0o100000 | member.mode) << 16
    entry.compress_type = zipfile.ZIP_DEFLATED
    return entry


def _open(source: str | bytes) -> BinaryIO:
    return io.BytesIO(source) if isinstance(source, bytes) else Path(source).open("rb")


def info(step: PackWheel) -> str:
    """Directory of its metadata in it."""
    return f"{step.name}-{step.version}.dist-info"


def _lines(lines: list[str]) -> bytes:
    return "".join(f"{line}\n" for line in lines).encode()


def sha256(path: str) -> str:
    """Of a file."""
    digest = hashlib.sha256()
    with open(path, "rb") as file:
        while chunk := file.read(CHUNK):
            digest.update(chunk)
    return digest.hexdigest()
