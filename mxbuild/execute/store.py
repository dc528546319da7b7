"""The store: verified wheels, each with its receipt, under a name that tells all that shaped it.

A directory, or what fsspec reaches: https, s3. One build a directory, RECIPE/IDENTITY: the wheel, and stored.json,
which is written last and holds the wheel's SHA-256. Whoever can write a store can put code on every machine that
reads it, as with any shared cache: let only trusted builders push.
"""

import hashlib
import os
import re
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import msgspec

from mxbuild import durable
from mxbuild.errors import SourceError, UsageError
from mxbuild.execute import wheel
from mxbuild.execute.context import Context
from mxbuild.foreign import decoded
from mxbuild.model import Build, Cpu, FetchWheel, JournalEntry, Outcome, Progress, Receipt, Stored
from mxbuild.plan import stored_at, wheel_identity
from mxbuild.resolve.target import lacking

NAME = "stored.json"
LARGEST = 16 << 20
"""Bytes of stored.json that are read; a receipt has some 20 kB."""
CHUNK = 1 << 20
SCHEMES = ("", "file", "https", "s3")
LOOPBACK = re.compile(r"http://(?:127\.0\.0\.1|localhost)(?::\d+)?(?:/|$)")


def look(build: Build, cpu: Cpu) -> Stored | None:
    """What the store has of a build; None where it has none.

    Args:
        cpu: the processor of this machine, which has to have all that the wheel needs.

    Raises:
        UsageError: the address is none that is read from.
        SourceError: it cannot be reached, or what it has is not what it should be.
    """
    address = stored_at(build)
    with _reached(address):
        files, path = _opened(address)
        try:
            text = files.cat_file(f"{path}/{NAME}", start=0, end=LARGEST)
        except FileNotFoundError:
            return None
    try:
        found = decoded(text, Stored)
    except ValueError as error:
        raise _doubt(address, f"{NAME} cannot be read: {error}") from error
    receipt = found.receipt
    missing = lacking(receipt.cpu_features, cpu)
    for wrong, what in (
        (found.identity != wheel_identity(build) or receipt.fingerprint != build.fingerprint, "it is of another build"),
        (receipt.recipe != build.recipe.id or receipt.commit != build.recipe.source.commit, "it is of another source"),
        (not receipt.ok, "it was not verified where it was built"),
        (receipt.wheel_sha256 != found.sha256, "its receipt is of another wheel"),
        (missing != (), f"it needs a processor with {', '.join(missing)}, which the one here lacks"),
        (os.path.basename(found.wheel) != found.wheel or found.wheel.startswith("."), "its wheel has no plain name"),
    ):
        if wrong:
            raise _doubt(address, what)
    return found


def run(step: FetchWheel, context: Context) -> Outcome:
    """Fetch the wheel, and let it count only when it has the hash that its receipt names.

    Raises:
        SourceError: it cannot be fetched, or is another one.
        OSError: it cannot be written.
    """
    started, place = time.monotonic(), step.packs.wheel
    os.makedirs(os.path.dirname(place), exist_ok=True)
    digest, done = hashlib.sha256(), 0
    with durable.writing(place) as target:
        for piece in _pieces(step):
            target.write(piece)
            digest.update(piece)
            done += len(piece)
            context.watch(Progress(id=step.id, done=done, total=step.size, unit="bytes", text=step.name))
        if (done, digest.hexdigest()) != (step.size, step.sha256):
            raise _doubt(step.address, f"{step.name} is not the wheel that its receipt names")
    return Outcome(
        id=step.id,
        status="done",
        seconds=time.monotonic() - started,
        detail=f"{step.name}, {done / 1e6:.1f} MB, verified where it was built",
        evidence={
            "wheel": place,
            "sha256": step.sha256,
            "size": step.size,
            "library_sha256": step.library_sha256,
            "origin": step.origin,
            "submodules": step.submodules,
        },
    )


def _pieces(step: FetchWheel) -> Iterator[bytes]:
    """What the store gives, to one piece more than there should be. What the reader does with it is not its fault."""
    done = 0
    with _reached(step.address):
        files, path = _opened(step.address)
        with files.open(f"{path}/{step.name}", "rb") as source:
            while done <= step.size and (piece := source.read(CHUNK)):
                done += len(piece)
                yield piece


def damage(step: FetchWheel, entry: JournalEntry) -> str:
    """The same as of a wheel that was packed here."""
    return wheel.damage(step.packs, entry)


def push(address: str, receipt: Receipt, say: Callable[[Progress], None] = lambda progress: None) -> bool:
    """Put a wheel into the store; False where it is there already.

    Args:
        address: of the store itself.

    Raises:
        UsageError: the address is none that can be written to.
        SourceError: the store cannot be written, the wheel is not the one that was verified, or another one is there.
    """
    name = os.path.basename(receipt.wheel)
    identity = os.path.basename(os.path.dirname(receipt.wheel))
    if not receipt.ok:
        raise SourceError("refused to push: it did not verify", remedy="mxbuild verify says what is wrong")
    if wheel.sha256(receipt.wheel) != receipt.wheel_sha256:
        raise SourceError(f"refused to push: {receipt.wheel} is not the wheel that was verified")
    size = os.path.getsize(receipt.wheel)
    one = Stored(identity=identity, wheel=name, sha256=receipt.wheel_sha256, size=size, receipt=receipt)
    directory = f"{address.rstrip('/')}/{receipt.recipe}/{identity}"
    with _reached(address):
        files, path = _opened(directory, writing=True)
        try:
            there = decoded(files.cat_file(f"{path}/{NAME}"), Stored)
        except (FileNotFoundError, ValueError):
            there = None
        if there is not None:
            if there.sha256 == one.sha256:
                return False
            raise SourceError(
                f"{directory} holds another wheel of the same build, of {there.receipt.host}",
                remedy="two builds need not be the same to the byte; delete that directory, if this one is to stay",
            )
        files.makedirs(path, exist_ok=True)
        done = 0
        with open(receipt.wheel, "rb") as source, files.open(f"{path}/{name}", "wb") as target:
            while piece := source.read(CHUNK):
                target.write(piece)
                done += len(piece)
                say(Progress(id="push", done=done, total=size, unit="bytes", text=name))
        # Last, and in one piece: who finds it finds the wheel.
        partial = f"{path}/{NAME}.partial"
        files.pipe_file(partial, msgspec.json.encode(one))
        files.mv(partial, f"{path}/{NAME}")
    return True


def _opened(address: str, *, writing: bool = False) -> tuple[Any, str]:
    """fsspec's file system for an address, and the path in it.

    Raises:
        UsageError: it is none of the allowed ones.
    """
    scheme = address.partition("://")[0] if "://" in address else ""
    fine = scheme in SCHEMES or LOOPBACK.match(address)
    if not fine or "::" in address or "@" in address.partition("://")[2].partition("/")[0]:
        raise UsageError(
            f"refused as a store: {re.sub('//[^/@]*@', '//***@', address)}",
            remedy="a directory, https://HOST/PATH or s3://BUCKET/PATH; plain http only from this machine itself",
        )
    if writing and scheme in ("https", "http"):
        raise UsageError(f"{address} is read only", remedy="push to the directory or the s3:// bucket behind it")
    from fsspec.core import url_to_fs

    try:
        files, path = url_to_fs(address)
    except ImportError as error:
        extra = "s3" if scheme == "s3" else "http"
        raise UsageError(
            f"a store at {scheme}:// needs one more Python package: {error.name or error}",
            remedy=f"pip install 'mxbuild[{extra}]'",
        ) from error
    return files, str(path).rstrip("/")


@contextmanager
def _reached(address: str) -> Iterator[None]:
    """Whatever goes wrong on the way becomes one sentence; fsspec hands on the errors of its libraries."""
    try:
        yield
    except (SourceError, UsageError):
        raise
    except Exception as error:
        raise SourceError(
            f"the store cannot be reached: {address}: {str(error) or type(error).__name__}",
            remedy="try again, or leave out --store to build it here",
        ) from error


def _doubt(address: str, what: str) -> SourceError:
    return SourceError(f"refused what {address} has: {what}", remedy="leave out --store to build it here")
