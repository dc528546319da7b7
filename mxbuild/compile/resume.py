"""Which objects of an interrupted build can be trusted: the ledger and the ELF file itself decide, never times.

make takes a half-written object for up to date, and a torn dependency file stops every later make.
"""

import os
import re
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

from mxbuild.compile import elf
from mxbuild.compile.ledger import Ledger

PRODUCTS = (".o", ".d", ".a", ".so")
VERSIONED = re.compile(r"\.so(\.[0-9]+)+$")
"""A shared library with its version: libmkldnn.so.1."""


class Swept(NamedTuple):
    """What was found."""

    kept: frozenset[str]
    """Objects that are whole."""
    removed: dict[str, str]
    """What was deleted -> why."""

    @property
    def said(self) -> str:
        """`12 objects are whole and stay, 1 file is made anew`; "" where nothing was there."""
        kept, anew = len(self.kept), len(self.removed)
        said = [f"{kept} objects are whole and stay" if kept > 1 else "1 object is whole and stays"] * (kept > 0)
        return ", ".join(said + [f"{anew} files are made anew" if anew > 1 else "1 file is made anew"] * (anew > 0))


def sweep(tree: str, ledger: Ledger, *, source: frozenset[str] = frozenset()) -> Swept:
    """Delete every object that is not proven whole, each torn dependency file, and all archives and libraries.

    Those are made anew in seconds out of whole objects, and nothing proves them whole.

    Args:
        tree: its real path, as the ledger has it.
        source: files that belong to the source and stay.

    Raises:
        OSError: a file cannot be deleted.
    """
    kept: set[str] = set()
    removed: dict[str, str] = {}
    for path in _products(tree):
        if path in source or path in removed:
            continue
        if path.endswith((".a", ".so")) or VERSIONED.search(path):
            why = "not known to be whole"
        elif path.endswith(".d"):
            why = "" if _whole_rules(path) else "a torn dependency file"
        elif not (why := _damage(path, ledger)):
            kept.add(path)
        if why:
            # An object and what it depends on go together: without the latter, a changed header is not seen.
            pair = (f"{path[:-2]}.o", f"{path[:-2]}.d") if path.endswith((".o", ".d")) else (path,)
            for victim in pair:
                if victim not in source:
                    with suppress(FileNotFoundError):
                        os.unlink(victim)
                        removed[victim] = why
    return Swept(frozenset(kept - removed.keys()), removed)


def _products(tree: str) -> Iterator[str]:
    for directory, names, files in os.walk(tree):
        if ".git" in names:
            names.remove(".git")
        for name in files:
            if name.endswith(PRODUCTS) or VERSIONED.search(name):
                yield os.path.join(directory, name)


def _damage(path: str, ledger: Ledger) -> str:
    """Why the object cannot be trusted; "" where it can."""
    entry = ledger.finished.get(path)
    if entry is None:
        return "its compile is not known to have ended"
    if entry.code != 0:
        return f"its compiler ended with {entry.code}"
    if (size := os.path.getsize(path)) != entry.size:
        return f"has {size} bytes, but its compiler left {entry.size}"
    return "" if elf.kind(path) == elf.OBJECT else "a damaged ELF file"


def _whole_rules(path: str) -> bool:
    with suppress(FileNotFoundError):  # a link to nowhere
        text = Path(path).read_bytes()
        return text.endswith(b"\n") and not text.endswith(b"\\\n") and b":" in text and b"\0" not in text
    return False
