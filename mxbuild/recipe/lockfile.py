"""The wheels of Python packages, each by its SHA-256: what a recipe's pins need on each interpreter, to the last one.

A lock lies beside the recipes, NAME.lock for all releases of a name. It is found by what is pinned, not by who pins it:
recipes that pin the same share what was locked. `mxbuild recipes lock` writes it.
"""

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Annotated

import msgspec

from mxbuild.errors import RecipeError
from mxbuild.foreign import decoded
from mxbuild.recipe.fault import printable
from mxbuild.recipe.find import packaged
from mxbuild.recipe.values import Pin

SUFFIX = ".lock"
LARGEST = 8 << 20
"""Bytes; ours have some hundred thousand."""
HASH = " --hash=sha256:"

# Each goes into a line of pip's requirements file, where a word more would be an option.
Sha256 = Annotated[str, msgspec.Meta(pattern=r"^[0-9a-f]{64}\Z")]
WheelName = Annotated[str, msgspec.Meta(pattern=r"^[A-Za-z0-9_][A-Za-z0-9_.+-]*\.whl\Z")]
Minor = Annotated[str, msgspec.Meta(pattern=r"^3\.[0-9]{1,2}\Z")]


class Locked(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What was found for some pins on one interpreter."""

    python: Minor
    """Its minor version: 3.11."""
    pins: tuple[Pin, ...]
    """As a recipe has them."""
    also: tuple[Pin, ...] = ()
    """What they need besides each other, to the last one."""


class Lockfile(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One NAME.lock."""

    format: int = 1
    sets: tuple[Locked, ...] = ()
    wheels: dict[Pin, dict[WheelName, Sha256]] = {}
    """Pin -> each of its wheels that an interpreter of ours may take -> its SHA-256."""

    def found(self, pins: Sequence[str], python: str) -> Locked | None:
        """What is locked for these pins, in any order; None where nothing is, or a wheel is missing."""
        minor = ".".join(python.split(".")[:2])
        for one in self.sets:
            if one.python == minor and set(one.pins) == set(pins) and self._whole(one):
                return one
        return None

    def lines(self, pins: Iterable[str]) -> tuple[str, ...]:
        """Each as a line of pip's requirements files: the pin, and every hash that it may have."""
        return tuple(pin + "".join(f"{HASH}{digest}" for digest in sorted(self.wheels[pin].values())) for pin in pins)

    def _whole(self, one: Locked) -> bool:
        return all(self.wheels.get(pin) for pin in (*one.pins, *one.also))


def beside(recipe: Path, name: str) -> Path:
    """Where the lock of a recipe's file is written.

    Args:
        name: of the recipe's distribution: mxnet.
    """
    return recipe.parent / f"{name}{SUFFIX}"


def read(file: Path) -> Lockfile | None:
    """The lock in a file; None where there is none.

    Raises:
        RecipeError: it cannot be read, or is no lock.
    """
    try:
        with file.open("rb") as stream:
            data = stream.read(LARGEST + 1)
    except FileNotFoundError:
        return None
    except OSError as error:
        raise RecipeError(f"{printable(str(file))} cannot be read: {error.strerror}") from error
    try:
        if len(data) > LARGEST:
            raise msgspec.ValidationError(f"it is larger than {LARGEST >> 20} MiB")
        found = decoded(data, Lockfile)
        if found.format != 1:
            raise msgspec.ValidationError(f"its format is {found.format}, which this mxbuild does not know")
    except ValueError as error:
        text = f"{printable(str(file))} is no lock: {printable(str(error))}"
        raise RecipeError(text, remedy="delete it, then: mxbuild recipes lock RECIPE") from error
    return found


def of(recipe: Path, name: str) -> Lockfile:
    """What is locked for a recipe: what lies beside it, and after that what came with mxbuild.

    Raises:
        RecipeError: a lock cannot be read.
    """
    files = dict.fromkeys((beside(recipe, name).resolve(), packaged().resolve() / f"{name}{SUFFIX}"))
    found = [lock for file in files if (lock := read(file)) is not None]
    if len(found) < 2:
        return found[0] if found else Lockfile()
    own, ours = found
    # Of one pin, the own lock's hashes alone count: who wrote it may trust fewer wheels than we do.
    return Lockfile(sets=(*own.sets, *ours.sets), wheels={**ours.wheels, **own.wheels})


def text(lock: Lockfile) -> bytes:
    """As it is written: sorted, one wheel a line, so that a review sees what changed."""
    sets = sorted(lock.sets, key=lambda one: (tuple(map(int, one.python.split("."))), one.pins))
    wheels = {pin: dict(sorted(lock.wheels[pin].items())) for pin in sorted(lock.wheels)}
    return msgspec.json.format(msgspec.json.encode(Lockfile(sets=tuple(sets), wheels=wheels)), indent=1) + b"\n"


def replaced(old: Lockfile, new: Lockfile) -> Lockfile:
    """The old lock with the new one's sets in place of its own for the same pins; wheels of no set are left out."""
    fresh = {(one.python, frozenset(one.pins)) for one in new.sets}
    sets = (*(one for one in old.sets if (one.python, frozenset(one.pins)) not in fresh), *new.sets)
    wanted = {pin for one in sets for pin in (*one.pins, *one.also)}
    wheels = {pin: digests for pin, digests in {**old.wheels, **new.wheels}.items() if pin in wanted}
    return Lockfile(sets=sets, wheels=wheels)
