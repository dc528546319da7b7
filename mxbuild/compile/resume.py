"""Which objects of an interrupted build can be trusted: the ledger and the ELF file itself decide, never times.

make takes a half-written object for up to date, and a torn dependency file stops every later make.
"""

import os
import struct
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from mxbuild.compile.ledger import Ledger


class Swept(NamedTuple):
    """What was kept, and what was removed and why."""

    kept: int
    removed: dict[str, str]


def sweep(tree: str, ledger: Ledger, *, finished: bool, keep: frozenset[str] = frozenset()) -> Swept:
    """Delete every object that is not proven whole, its dependency file, and every archive and library.

    Args:
        finished: the last make ended well: archives and libraries are whole.
        keep: files that belong to the source.

    Raises:
        OSError: a file cannot be deleted.
    """
    removed: dict[str, str] = {}
    kept = 0
    for path in _products(tree):
        if path in keep:
            continue
        if path.endswith((".a", ".so")):
            why = "" if finished else "made before the build was interrupted"
        elif path.endswith(".d"):
            why = "" if _whole_rule(path) else "torn dependency file"
        else:
            why = _object_damage(path, ledger)
        if not why:
            kept += path.endswith(".o")
            continue
        for victim in {path, f"{path[:-2]}.o", f"{path[:-2]}.d"} if path.endswith((".o", ".d")) else {path}:
            if os.path.exists(victim) and victim not in keep:
                os.unlink(victim)
                removed[victim] = why
    return Swept(kept, removed)


def _products(tree: str) -> Iterator[str]:
    for directory, names, files in os.walk(tree):
        if ".git" in names:
            names.remove(".git")
        for name in files:
            if name.endswith((".o", ".d", ".a", ".so")):
                yield os.path.join(directory, name)


def _object_damage(path: str, ledger: Ledger) -> str:
    entry = ledger.finished.get(path)
    if entry is None:
        return "no compile of it is known to have ended"
    if entry.code != 0:
        return f"its compiler ended with {entry.code}"
    if os.path.getsize(path) != entry.size:
        return f"{os.path.getsize(path)} bytes, but its compiler left {entry.size}"
    return "" if whole_elf(path) else "its ELF file is cut off"


def whole_elf(path: str) -> bool:
    """Whether a 64-bit little-endian ELF file ends behind its section table, which is written last."""
    try:
        with open(path, "rb") as file:
            head = file.read(64)
            size = os.fstat(file.fileno()).st_size
    except OSError:
        return False
    if len(head) < 64 or head[:6] != b"\x7fELF\x02\x01":
        return False
    offset, entry_size, count = struct.unpack_from("<Q", head, 40)[0], *struct.unpack_from("<HH", head, 58)
    return bool(offset) and offset + entry_size * count <= size


def _whole_rule(path: str) -> bool:
    text = Path(path).read_bytes()
    return text.endswith(b"\n") and b":" in text and not text.endswith(b"\\\n")
