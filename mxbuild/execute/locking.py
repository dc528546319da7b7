"""Finding the wheels of a recipe's pins in a package index: what `mxbuild recipes lock` writes down.

Not with pip, which judges conditions on the interpreter by the Python that runs it: for each interpreter the newest
wheels that all fit, out of the index's own list (PEP 691) and metadata (PEP 658), and nothing is downloaded. The hashes
are of every wheel that an interpreter of that version may take on the machines that mxbuild knows: an older C library
takes another wheel than a newer one.
"""

import re
from collections.abc import Callable, Sequence

from packaging.markers import default_environment
from packaging.metadata import Metadata
from packaging.requirements import Requirement
from packaging.specifiers import InvalidSpecifier, SpecifierSet
from packaging.tags import Tag, compatible_tags, cpython_tags
from packaging.utils import InvalidWheelFilename, canonicalize_name, parse_wheel_filename
from packaging.version import Version

from mxbuild.errors import SourceError
from mxbuild.execute.wheelindex import File, Index
from mxbuild.recipe.lockfile import Locked, Lockfile

MACHINES = ("x86_64", "aarch64")
GLIBC = 50
"""The newest minor version of the C library that a wheel may ask for; 2.41 is of 2025."""
LEGACY = {"x86_64": ("manylinux1", "manylinux2010", "manylinux2014"), "aarch64": ("manylinux2014",)}
ROUNDS = 50
"""Choices of a set that are tried: each narrows what may be chosen next."""


def lock(
    wanted: Sequence[tuple[str, Sequence[str], bool]],
    index: Index,
    *,
    before: str = "",
    provided: Callable[[str], Sequence[str]] = lambda python: (),
    say: Callable[[str], None] = lambda text: None,
) -> Lockfile:
    """Lock some sets of pins.

    Args:
        wanted: (minor version of the interpreter, pins, whether they are complete by themselves).
        before: a day; of what is not pinned, nothing is taken that was uploaded on it or later. "" for no such day.
        provided: for an interpreter, pins of what is there already and not locked; of one package there may be several
            versions, each of which has to do.
        say: called with each set, and with what is odd.

    Raises:
        SourceError: the index cannot be asked, a pin cannot be had, or what the pins need does not go together.
    """
    sets, wheels = list[Locked](), dict[str, dict[str, str]]()
    for python, pins, closed in wanted:
        shelf = Shelf(index, python, before)
        also = () if closed else shelf.needs(pins, provided(python))
        say(f"Python {python}: {' '.join(pins)}" + (f" + {' '.join(also)}" if also else ""))
        for pin in (*pins, *also):
            found = {file.filename: _hash(file) for file in shelf.fitting(*_split(pin))}
            for machine in MACHINES:
                if not any(machine in name or name.endswith("-any.whl") for name in found):
                    say(f"Python {python}: {pin} has no wheel for {machine}")
            if not found:
                raise SourceError(f"{index.address} has no wheel of {pin} for Python {python}")
            wheels[pin] = {**wheels.get(pin, {}), **found}
        sets.append(Locked(python=python, pins=tuple(pins), also=also))
    return Lockfile(sets=tuple(sets), wheels=wheels)


class Shelf:
    """What an index has for one interpreter.

    Args:
        python: its minor version.
        before: as `lock` has it.
    """

    def __init__(self, index: Index, python: str, before: str = "") -> None:
        self._index = index
        self._before = before
        self._python = python
        self._tags = tags(python)
        # What conditions in metadata see: no extra, CPython, Linux.
        own = dict.fromkeys(("python_full_version", "implementation_version"), f"{python}.0")
        here = {name: str(value) for name, value in default_environment().items()}
        self._here = {**here, **own, "python_version": python, "extra": ""}

    def needs(self, pins: Sequence[str], provided: Sequence[str] = ()) -> tuple[str, ...]:
        """What the pins need besides each other, as pins: of each the newest that all who ask for it take.

        Args:
            provided: pins of what is there already, and left out.

        Raises:
            SourceError: they do not go together.
        """
        roots = dict(_split(pin) for pin in pins)
        chosen = dict(roots)
        there = [_split(pin) for pin in provided]
        for _ in range(ROUNDS):
            asked: dict[str, SpecifierSet] = {}
            todo = [(name, "") for name in roots]
            seen = set(todo)
            while todo:
                name, extra = todo.pop()
                for text in self._requires(name, chosen[name], extra) if name in chosen else ():
                    other = canonicalize_name(text.name)
                    if versions := [version for one, version in there if one == other]:
                        if unfit := [version for version in versions if not text.specifier.contains(version, True)]:
                            who = f"{name} {chosen[name]}"
                            raise SourceError(f"Python {self._python}: {who} asks for {text}, and {unfit[0]} is there")
                        continue
                    asked[other] = asked.get(other, SpecifierSet()) & text.specifier
                    fresh = {(other, one) for one in ("", *text.extras)} - seen
                    seen |= fresh
                    todo += sorted(fresh)
            again = [n for n, which in asked.items() if n not in chosen or not which.contains(chosen[n], True)]
            if not again:
                return tuple(f"{name}=={chosen[name]}" for name in sorted(asked.keys() - roots.keys()))
            for name in again:
                if name in roots:
                    raise SourceError(f"Python {self._python}: {name}{asked[name]} is asked for, not {roots[name]}")
                chosen[name] = self._newest(name, asked[name])
        raise SourceError(f"Python {self._python}: no set goes together with {' '.join(pins)}", remedy="pin more")

    def fitting(self, name: str, version: str) -> list[File]:
        """The wheels of a version that the interpreter may take; [] for none."""
        return [file for file, has in self._wheels(name) if has == Version(version)]

    def _wheels(self, name: str) -> list[tuple[File, Version]]:
        found = []
        for file in self._index.files(name):
            try:
                _, version, _, its = parse_wheel_filename(file.filename)
            except InvalidWheelFilename:
                continue
            if not self._tags.isdisjoint(its):
                found.append((file, version))
        return found

    def _newest(self, name: str, which: SpecifierSet) -> str:
        python = f"{self._python}.0"
        found = [
            version
            for file, version in self._wheels(name)
            if which.contains(version)
            and not file.yanked
            and (not self._before or "" < file.upload_time < self._before)
            and _takes(file.requires_python or "", python)
        ]
        if not found:
            raise SourceError(f"{self._index.address} has no wheel of {name}{which} for Python {self._python}")
        return str(max([version for version in found if not version.is_prerelease] or found))

    def _requires(self, name: str, version: str, extra: str = "") -> list[Requirement]:
        files = self.fitting(name, version)
        if not files:
            raise SourceError(f"{self._index.address} has no wheel of {name}=={version} for Python {self._python}")
        every = Metadata.from_email(self._index.metadata(files[0]), validate=False).requires_dist or ()
        here = {**self._here, "extra": extra}
        return [one for one in every if one.marker is None or one.marker.evaluate(here)]


def tags(python: str) -> set[Tag]:
    """Every tag of a wheel that CPython of a minor version takes on our machines."""
    major, minor = map(int, python.split("."))
    platforms = [tag for machine in MACHINES for tag in _platforms(machine)]
    version, interpreter = (major, minor), f"cp{major}{minor}"
    abi = f"{interpreter}m" if minor < 8 else interpreter
    return {*cpython_tags(version, [abi], platforms), *compatible_tags(version, interpreter, [*platforms, "any"])}


def _platforms(machine: str) -> list[str]:
    newer = [f"manylinux_2_{minor}_{machine}" for minor in range(GLIBC, 4, -1)]
    return [*newer, *(f"{name}_{machine}" for name in LEGACY[machine]), f"linux_{machine}"]


def _takes(which: str, python: str) -> bool:
    """Whether a file's range of interpreters has one of them; in old files it may be no range (`!=3.0*`)."""
    try:
        return SpecifierSet(which).contains(python)
    except InvalidSpecifier:
        return False


def _split(pin: str) -> tuple[str, str]:
    name, _, version = pin.partition("==")
    return canonicalize_name(name), version


def _hash(file: File) -> str:
    digest = file.hashes.get("sha256", "")
    if not re.fullmatch("[0-9a-f]{64}", digest):
        raise SourceError(f"the index names no SHA-256 for {file.filename}")
    return digest
