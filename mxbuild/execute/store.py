"""The store: verified wheels, each with its receipt, under a name that tells all that shaped it.

A directory, or what fsspec reaches: https, s3. One build a directory, RECIPE/IDENTITY: the wheel, and stored.json,
which is written last and holds the wheel's SHA-256. Whoever can write a store can put code on every machine that
reads it, as with any shared cache: let only trusted builders push.
"""

import hashlib
import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

import msgspec

from mxbuild import durable
from mxbuild.errors import SourceError
from mxbuild.execute import documents, provenance, wheel, wheelcheck
from mxbuild.execute.context import Context
from mxbuild.execute.storefiles import LOCAL, check_directory, missing, opened, patiently, reached, reading, scheme_of
from mxbuild.foreign import decoded
from mxbuild.model import Build, Cpu, FetchWheel, JournalEntry, Message, Outcome, Progress, Receipt, Stored
from mxbuild.plan import stored_at, wheel_identity
from mxbuild.resolve.target import lacking

NAME = "stored.json"
LARGEST = 16 << 20
"""Bytes of stored.json that are read; a receipt has some 20 kB."""
LONGEST = 120.0
"""Seconds that it may take."""
CHUNK = 1 << 20
YEARS = 100 * 366 * 24 * 3600.0
"""Seconds since 1970 in which a wheel can have been built."""


def look(build: Build, cpu: Cpu) -> Stored | None:
    """What the store has of a build; None where it has none.

    Args:
        cpu: the processor of this machine, which has to have all that the wheel needs.

    Raises:
        UsageError: the address is none that is read from.
        SourceError: it cannot be reached, or what it has is not what it should be.
    """
    address = stored_at(build)
    with _dispensable():
        text = patiently(lambda: _description(build.request.store or "", address))
        return None if text is None else _fitting(text, address, build, cpu)


def _description(store: str, address: str) -> bytes | None:
    """The stored.json of a build; None where there is none. That it is not there says only a store that is."""
    with reached(store):
        files, path = opened(address)
        check_directory(store)
        try:
            with reading(files, f"{path}/{NAME}", address) as source:
                return _all(source, address)
        except Exception as error:
            if missing(error):
                return None
            raise


def _all(source: BinaryIO, address: str) -> bytes:
    """A description has its size and its time, whatever a server goes on to say.

    Raises:
        SourceError: it is larger, or takes longer.
    """
    text, until = bytearray(), time.monotonic() + LONGEST
    while piece := source.read(CHUNK):
        text += piece
        if len(text) > LARGEST or time.monotonic() > until:
            raise _doubt(address, f"{NAME} is larger than {LARGEST >> 20} MiB, or takes more than {LONGEST:.0f} s")
    return bytes(text)


def _fitting(text: bytes, address: str, build: Build, cpu: Cpu) -> Stored:
    """What stored.json says, when it is of this build, and of a wheel that this machine can use.

    Raises:
        SourceError: it is not.
    """
    try:
        found = decoded(text, Stored)
    except ValueError as error:
        raise _doubt(address, f"{NAME} cannot be read: {error}") from error
    receipt = found.receipt
    lacks = lacking(receipt.cpu_features, cpu)
    for wrong, what in (
        (found.identity != wheel_identity(build) or receipt.fingerprint != build.fingerprint, "it is of another build"),
        (receipt.recipe != build.recipe.id or receipt.commit != build.recipe.source.commit, "it is of another source"),
        (not receipt.ok, "it was not verified where it was built"),
        (receipt.wheel_sha256 != found.sha256, "its receipt is of another wheel"),
        (lacks != (), f"it needs a processor with {', '.join(lacks)}, which the one here lacks"),
        (not receipt.submodules.items() <= _pinned(build), "it is of other submodules"),
        (_unproved(found) != "", f"its statement of provenance is not to be trusted: {_unproved(found)}"),
        (not (receipt.timely and receipt.finished < YEARS), "nobody knows when it was built"),
    ):
        if wrong:
            raise _doubt(address, what)
    return found


def _unproved(found: Stored) -> str:
    named = found.receipt.documents.get(provenance.NAME, "")
    if not named and not found.provenance:
        return ""
    text = found.provenance.encode("utf-8", "surrogatepass")
    if hashlib.sha256(text).hexdigest() != named:
        return "it is not the one that the receipt names"
    return provenance.wrong(text, found.sha256)


def _pinned(build: Build) -> set[tuple[str, str]]:
    return {(path, module.commit) for path, module in build.recipe.source.submodules.items()}


def run(step: FetchWheel, context: Context) -> Outcome:
    """Fetch the wheel, and let it count only when it has the hash that its receipt names.

    Raises:
        SourceError: it cannot be fetched, or is another one.
        OSError: it cannot be written.
    """
    started = time.monotonic()
    with _dispensable():
        done = patiently(lambda: _fetch(step, context), lambda text: context.watch(Message(id=step.id, text=text)))
    if step.provenance:
        durable.write(f"{os.path.dirname(step.packs.wheel)}/{provenance.NAME}", step.provenance.encode())
    return Outcome(
        id=step.id,
        status="done",
        seconds=time.monotonic() - started,
        detail=f"{step.name}, {done / 1e6:.1f} MB, verified where it was built",
        evidence={
            "wheel": step.packs.wheel,
            "sha256": step.sha256,
            "size": step.size,
            "library_sha256": step.library_sha256,
            "origin": step.origin,
            "submodules": step.submodules,
        },
    )


def _fetch(step: FetchWheel, context: Context) -> int:
    """Put the wheel in its place, whole or not at all; its bytes."""
    place = step.packs.wheel
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
        target.flush()
        if said := _inside(step, f"{place}{durable.PARTIAL}"):
            raise _doubt(step.address, f"{step.name}: {said}")
    return done


def _inside(step: FetchWheel, path: str) -> str:
    package = os.path.basename(step.packs.package)
    return wheelcheck.wrong(
        path,
        package=package,
        info=wheel.info(step.packs),
        library=f"{package}/{wheel.LIBRARY}",
        sha256=step.library_sha256,
    )


def _pieces(step: FetchWheel) -> Iterator[bytes]:
    """What the store gives, to one piece more than there should be. What the reader does with it is not its fault."""
    done = 0
    with reached(step.address):
        files, path = opened(step.address)
        with reading(files, f"{path}/{step.name}", step.address) as source:
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
    statement = ""
    if provenance.NAME in receipt.documents:
        if said := documents.damage(receipt, os.path.dirname(receipt.wheel), (provenance.NAME,)):
            raise SourceError(f"refused to push: {said}", remedy="mxbuild install writes it again")
        statement = Path(os.path.dirname(receipt.wheel), provenance.NAME).read_text(encoding="utf-8")
    one = Stored(
        identity=identity,
        wheel=name,
        sha256=receipt.wheel_sha256,
        size=size,
        receipt=receipt,
        provenance=statement,
    )
    directory = f"{address.rstrip('/')}/{receipt.recipe}/{identity}"
    with reached(address):
        files, path = opened(directory, writing=True)
        try:
            with reading(files, f"{path}/{NAME}", directory) as source:
                there = decoded(_all(source, directory), Stored)
        except (FileNotFoundError, ValueError):
            there = None
        if there is not None:
            if there.sha256 == one.sha256:
                return False
            raise SourceError(
                f"{directory} holds another wheel of the same build, of {there.receipt.host}",
                remedy="two builds need not be the same to the byte; delete that directory, if this one is to stay",
            )
        local = scheme_of(address) in LOCAL
        if local:  # in S3 that would make a bucket, with whatever name was misspelt
            files.makedirs(path, exist_ok=True)
        done = 0
        with open(receipt.wheel, "rb") as source, files.open(f"{path}/{name}", "wb") as target:
            while piece := source.read(CHUNK):
                target.write(piece)
                done += len(piece)
                say(Progress(id="push", done=done, total=size, unit="bytes", text=name))
        # Last, and in one piece: who finds it finds the wheel.
        final = f"{path}/{NAME}"
        partial = f"{final}.partial" if local else final  # an object of S3's is whole or not there
        files.pipe_file(partial, msgspec.json.encode(one))
        if local:
            files.mv(partial, final)
    return True


def _doubt(address: str, what: str) -> SourceError:
    return SourceError(f"refused what {address} has: {what}", remedy="have its wheel built and pushed anew")


@contextmanager
def _dispensable() -> Iterator[None]:
    """What a store does not give can be built."""
    try:
        yield
    except SourceError as error:
        error.without = "--store"
        raise
