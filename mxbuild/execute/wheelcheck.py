"""A wheel that others packed: whether it is what mxbuild packs, before pip unpacks it.

Its SHA-256 says that it is the one that was pushed. This says that it writes one package and its metadata, and nothing
else of the environment: no other package, no `.pth` file, no script, no link, and no more bytes than it says.
"""

import base64
import csv
import hashlib
import io
import os
import re
import stat
import zipfile
import zlib
from collections.abc import Mapping

NAME = re.compile(r"[A-Za-z0-9_+-][A-Za-z0-9_.+-]*(?:/[A-Za-z0-9_+-][A-Za-z0-9_.+-]*)*")
"""A member's path: no part begins with a dot, none is empty."""
MOST, LARGEST, RATIO = 20_000, 16 << 30, 200
"""Members, bytes unpacked, and bytes unpacked for one packed; MXNet's with CUDA has 400, 2 GB and 5."""
RECORD = 8 << 20
"""Bytes of RECORD."""
CHUNK = 1 << 20


def wrong(path: str, *, package: str, info: str, library: str, sha256: str) -> str:
    """What is wrong with a wheel; "" where nothing is.

    Args:
        package: its one package: mxnet.
        info: its metadata's directory: mxnet-0.12.1+mxbuild.1a2b3c4d5e6f.dist-info.
        library: path of the library in it.
        sha256: of the library, as its receipt has it.

    Raises:
        OSError: it cannot be read.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            members = archive.infolist()
            if said := _forms(members, (f"{package}/", f"{info}/"), os.path.getsize(path)):
                return said
            listed = _listed(archive, f"{info}/RECORD")
            for member in members:
                if member.filename == f"{info}/RECORD":
                    continue
                digest, size = _read(archive, member)
                if listed.get(member.filename) != (digest, size):
                    return f"{member.filename} is not what its RECORD says"
                if member.filename == library and digest.hex() != sha256:
                    return f"{library} is not the library that was verified"
            if absent := sorted({*listed, library} - {member.filename for member in members}):
                return f"it has no {absent[0][:200]!r}"
    except (zipfile.BadZipFile, zlib.error, NotImplementedError, RuntimeError, EOFError, ValueError, KeyError) as error:
        return f"it is no whole wheel: {error}"
    return ""


def _forms(members: list[zipfile.ZipInfo], places: tuple[str, str], size: int) -> str:
    """What the names, kinds and sizes of the members give away."""
    if len(members) > MOST:
        return f"it has {len(members)} members"
    seen: set[str] = set()
    for member in members:
        name, mode = member.filename, member.external_attr >> 16
        shown = repr(name[:200])
        if name != member.orig_filename or not NAME.fullmatch(name) or not name.startswith(places):
            return f"it has a member {shown}, which mxbuild would not pack"
        if stat.S_IFMT(mode) not in (0, stat.S_IFREG) or mode & (stat.S_ISUID | stat.S_ISGID | stat.S_ISVTX):
            return f"{shown} is no plain file"
        if name.lower() in seen:
            return f"{shown} is in it twice"
        if member.flag_bits & 1:
            return f"{shown} is encrypted"
        seen.add(name.lower())
    unpacked = sum(member.file_size for member in members)
    if unpacked > min(LARGEST, RATIO * size + CHUNK):  # of the file: members of an archive can lie on each other
        return f"it would be {unpacked:,} bytes unpacked, of {size:,}"
    return ""


def _listed(archive: zipfile.ZipFile, name: str) -> Mapping[str, tuple[bytes, int]]:
    """RECORD: path -> (SHA-256, bytes)."""
    with archive.open(name) as file:
        text = file.read(RECORD + 1)
    if len(text) > RECORD:
        raise ValueError("its RECORD is too large")
    rows = csv.reader(io.StringIO(text.decode("utf-8")), strict=True)
    try:
        found = [(row[0], row[1], row[2]) for row in rows if row[0] != name]
        return {path: (_digest(hashed), int(size)) for path, hashed, size in found}
    except (IndexError, csv.Error) as error:
        raise ValueError(f"its RECORD cannot be read: {error}") from error


def _digest(hashed: str) -> bytes:
    method, _, value = hashed.partition("=")
    if method != "sha256":
        raise ValueError(f"its RECORD has no SHA-256 but {method[:20]!r}")
    return base64.urlsafe_b64decode(value + "=" * (-len(value) % 4))


def _read(archive: zipfile.ZipFile, member: zipfile.ZipInfo) -> tuple[bytes, int]:
    """(SHA-256, bytes) of what is really in it, to one piece more than it says."""
    digest, size = hashlib.sha256(), 0
    with archive.open(member) as file:
        while size <= member.file_size and (piece := file.read(CHUNK)):
            digest.update(piece)
            size += len(piece)
    return digest.digest(), size
