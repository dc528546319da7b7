"""The environments under the prefix: which there are, which is meant, how to use one, how to be rid of it."""

import difflib
import os
import shutil
from collections.abc import Mapping, Sequence
from contextlib import suppress

from mxbuild import durable
from mxbuild.errors import UsageError
from mxbuild.execute import receipt, switch
from mxbuild.execute.notebook import places
from mxbuild.model import Installed

ENVIRONMENTS, CURRENT = "envs", "current"


def installed(prefix: str) -> tuple[Installed, ...]:
    """Every environment with a whole receipt, by name. What has none is not finished, and no install."""
    root = f"{prefix}/{ENVIRONMENTS}"
    current = os.path.realpath(f"{prefix}/{CURRENT}")
    found = []
    for name in _names(root):
        path = f"{root}/{name}"
        if proof := receipt.read(f"{path}/receipt.json"):
            found.append(Installed(name=name, path=path, current=os.path.realpath(path) == current, receipt=proof))
    return tuple(found)


def select(prefix: str, name: str | None, *, unambiguous: bool = False) -> Installed:
    """The environment that is meant: the current one, or the one whose name is or begins with `name`.

    Args:
        unambiguous: several that begin so are an error, even where the current one is among them.

    Raises:
        UsageError: there is none, or there are several.
    """
    known = installed(prefix)
    if not known:
        raise UsageError(f"nothing is installed under {prefix}", remedy="mxbuild install")
    if name is None:
        for one in known:
            if one.current:
                return one
        raise UsageError("no environment is the current one", details=_listed(known), remedy="name one of them")
    fitting = [one for one in known if one.name == name] or [one for one in known if one.name.startswith(name)]
    if len(fitting) > 1 and not unambiguous:
        fitting = [one for one in fitting if one.current] or fitting
    if len(fitting) == 1:
        return fitting[0]
    if fitting:
        raise UsageError(
            f"{name} is the beginning of {len(fitting)} environments",
            details=_listed(fitting),
            remedy="name one of them",
        )
    hint = nearest(name, [one.name for one in known])
    raise UsageError(f"there is no environment {name}{hint}", details=_listed(known), remedy="mxbuild list")


def earlier(prefix: str) -> Installed:
    """The environment that was the current one before the current one.

    Raises:
        UsageError: there is none.
    """
    current = f"{prefix}/{CURRENT}"
    known = {one.name: one for one in installed(prefix)}
    if before := switch.trail(current):
        return known[before[-1]]
    if not known:
        raise UsageError(f"nothing is installed under {prefix}", remedy="mxbuild install")
    others = [one for one in known.values() if not one.current]
    raise UsageError(
        f"there is no environment to go back to: none was the current one before {switch.name(current) or 'this'}",
        details=_listed(list(known.values())),
        remedy=f"mxbuild rollback {others[0].name}" if others else "mxbuild install RECIPE makes another one",
    )


def nearest(name: str, known: Sequence[str]) -> str:
    """`; did you mean ...?` where one of the known names begins much like this one; "" where none does."""
    beginnings = {one[: len(name)]: one for one in known}
    close = difflib.get_close_matches(name, beginnings, 1)
    return f"; did you mean {beginnings[close[0]]}?" if close else ""


def exports(one: Installed, environ: Mapping[str, str]) -> dict[str, str | None]:
    """The variables that have to change for `one` to be used; None: has to be unset.

    No LD_LIBRARY_PATH: the library finds what it needs by itself.
    """
    front, path = f"{one.path}/bin", environ.get("PATH", os.defpath)
    changes: dict[str, str | None] = {"VIRTUAL_ENV": one.path, "PATH": f"{front}:{path}", "PYTHONHOME": None}
    if path.split(":", 1)[0] == front:
        del changes["PATH"]
    return {name: value for name, value in changes.items() if environ.get(name) != value}


def size(path: str) -> int:
    """Bytes that a directory takes on the disk; a file with several names counts once."""
    seen: set[tuple[int, int]] = set()
    total = 0
    for directory, folders, files in os.walk(path):
        for name in (*folders, *files):
            with suppress(OSError):
                stat = os.lstat(f"{directory}/{name}")
                if (stat.st_dev, stat.st_ino) not in seen:
                    seen.add((stat.st_dev, stat.st_ino))
                    total += stat.st_blocks * 512
    return total


def uninstall(prefix: str, one: Installed, *, wheel: bool = False) -> int:
    """Take an environment away, whole: it is renamed first, so that no half of it is ever seen. Its notebooks' kernel
    goes with it.

    Args:
        wheel: its wheel too, where no other environment has it.

    Returns:
        Bytes that were freed.

    Raises:
        OSError: the directory cannot be renamed.
    """
    others = [other for other in installed(prefix) if other.name != one.name]
    link = f"{prefix}/{CURRENT}"
    leads = os.readlink(link) if os.path.realpath(link) == os.path.realpath(one.path) and os.path.islink(link) else ""
    if leads:  # first: a link to nothing is worse than none
        os.unlink(link)
    try:
        freed = _remove(one.path)
    except OSError:
        if leads and os.path.isdir(one.path):
            durable.link(leads, link)
        raise
    for place in places.every(prefix):
        if places.environment_of(place) == one.name:
            with suppress(OSError):  # the environment is gone; gc takes what is left
                freed += _remove(place)
                os.unlink(places.lock_of(place))
    directory = os.path.dirname(one.receipt.wheel)
    kept = any(os.path.dirname(other.receipt.wheel) == directory for other in others)
    if wheel and not kept and os.path.dirname(directory) == f"{prefix}/wheels" and os.path.isdir(directory):
        freed += _remove(directory)
    return freed


def _remove(path: str) -> int:
    taken = size(path)
    durable.remove(path)
    parent = os.path.dirname(path)
    for name in os.listdir(parent):
        if name.startswith(durable.TRASH):  # of one that was killed here
            shutil.rmtree(f"{parent}/{name}", ignore_errors=True)
    return taken


def _names(root: str) -> list[str]:
    with suppress(OSError):
        return sorted(name for name in os.listdir(root) if not name.startswith("."))
    return []


def _listed(known: Sequence[Installed]) -> list[str]:
    return [f"{one.name}{' (current)' if one.current else ''}" for one in known]
