"""Directories that compilers and the loader search by themselves, and paths that make stands."""

import re
from collections.abc import Iterable

from mxbuild.model import Os

PLAIN = re.compile(r"[A-Za-z0-9_./+@-]*")


UNFIT = re.compile(r"[\s#$:%~*?\\\"'`=;,|&()<>\[\]{}!]")
"""What GNU make, or the shell lines of upstream's Makefiles, cannot have in the path of a tree."""


def plain(path: str) -> bool:
    """Whether a path can stand in a make variable and in a list of directories: no blank, `$`, `:`, quote."""
    return PLAIN.fullmatch(path) is not None


def included(os: Os) -> frozenset[str]:
    """Directories in which every compiler looks for headers."""
    return frozenset(("/usr/include", f"/usr/include/{os.triplet}", "/usr/local/include"))


def linked(os: Os) -> frozenset[str]:
    """Directories in which linker and loader look for libraries."""
    roots = ("/lib", "/usr/lib", f"/lib/{os.triplet}", f"/usr/lib/{os.triplet}")
    return frozenset((*roots, "/usr/local/lib"))


def elsewhere(directories: Iterable[str], known: Iterable[str]) -> tuple[str, ...]:
    """Those that are named and not known, each once."""
    skip = {"", *known}
    return tuple(dict.fromkeys(d for d in directories if d not in skip))
