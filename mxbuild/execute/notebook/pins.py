"""What a notebook's server and kernel take of the package index, by interpreter: the pins, and each wheel's hash."""

from collections.abc import Sequence
from functools import cache
from pathlib import Path

import msgspec

from mxbuild import toml
from mxbuild.errors import UsageError
from mxbuild.recipe import lockfile
from mxbuild.recipe.match import version_matches
from mxbuild.recipe.table import Requirements, Table
from mxbuild.recipe.values import Pin

DATA = Path(__file__).parents[2] / "data"
LOCK = DATA / "notebook.lock"


class KernelRequirements(Requirements, frozen=True, kw_only=True):
    """What a kernel takes on some interpreters."""

    provided: tuple[Pin, ...]
    """What the environment has, in the versions that recipes pin; it is never installed beside it."""


class Pins(Table, frozen=True, kw_only=True):
    """notebook.toml."""

    server: tuple[Requirements, ...]
    kernel: tuple[KernelRequirements, ...]


class Wanted(msgspec.Struct, frozen=True):
    """What is installed for one interpreter."""

    pins: tuple[str, ...]
    hashed: tuple[str, ...]
    """Every package with its hashes, as pip's requirements files have them; () where no lock knows the pins."""


@cache
def pins() -> Pins:
    """As shipped."""
    return msgspec.convert(toml.loads((DATA / "notebook.toml").read_text(encoding="utf-8")), Pins)


@cache
def lock() -> lockfile.Lockfile:
    """As shipped."""
    return lockfile.read(LOCK) or lockfile.Lockfile()


def wanted(rows: Sequence[Requirements], python: str) -> Wanted:
    """The first row that is for the interpreter.

    Args:
        python: its version.

    Raises:
        UsageError: none is.
    """
    for row in rows:
        if version_matches("Python", python, row.python).ok:
            found = lock().found(row.packages, python)
            return Wanted(row.packages, lock().lines((*found.pins, *found.also)) if found else ())
    known = ", ".join(row.python for row in rows)
    raise UsageError(f"no notebook runs on Python {python}: {known} would do")
