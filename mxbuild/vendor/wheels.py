"""The wheels of Python packages, with the interpreter that will install them: pip knows which fit it."""

import hashlib
import os
import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from mxbuild import durable
from mxbuild.errors import BuildError
from mxbuild.execute import pip, virtualenv
from mxbuild.execute.context import Context
from mxbuild.execute.wheel import sha256
from mxbuild.model import Progress, Python
from mxbuild.plan.vendored import hashes

STEP = "wheels"
LONGEST = 100
"""Characters of a file's name in a plain tar."""


@dataclass(frozen=True)
class Downloading:
    """On whose behalf pip downloads."""

    id: str
    python: str
    log: str


def named(file: str) -> str:
    """A wheel's name in the vendored file: where a tar has no room for all its platforms, the oldest of them.

    Each of them says by itself where the wheel fits; what it is, its hash says.
    """
    if len(file) <= LONGEST:
        return file
    stem, _, platforms = file.removesuffix(".whl").rpartition("-")
    return f"{stem}-{min(platforms.split('.'))}.whl"


def gather(python: Python, lines: Sequence[str], work: str, context: Context, extra: Sequence[str] = ()) -> list[Path]:
    """The files of all lines, in order.

    Args:
        lines: of pip's requirements. One with hashes is downloaded once, and is itself all that it needs; those without
            are asked for each time, with what they need.
        extra: further arguments for those without hashes.

    Raises:
        BuildError: one cannot be had, or is another one.
    """
    os.makedirs(f"{work}/{STEP}", exist_ok=True)
    log = f"{work}/{STEP}.log"
    installer = _pip(Downloading(STEP, python.path, log), python, work, context)
    if installer.old():
        lines = [*lines, pip.NEWER]
    hashed = [line for line in lines if hashes(line)]
    found = []
    here = {sha256(str(file)): file for file in Path(work, STEP).glob("*.whl")}
    for number, line in enumerate(hashed):
        name = line.partition(" ")[0]
        context.watch(Progress(id=STEP, done=number, total=len(lines), unit="packages", text=name))
        if not (hits := [here[digest] for digest in hashes(line) if digest in here]):
            hits = [_download(installer, line, work)]
        found.append(hits[0])
    if others := [line for line in lines if not hashes(line)]:
        found += _unlocked(installer, others, work, extra)
    return sorted(set(found))


def _download(installer: pip.Pip, line: str, work: str) -> Path:
    """One wheel, put among the others in one rename."""
    aside = Path(work, f"{STEP}{durable.PARTIAL}")
    shutil.rmtree(aside, ignore_errors=True)
    installer.download([line], str(aside))
    (file,) = aside.glob("*.whl")
    place = Path(work, STEP, file.name)
    durable.rename(file, place)
    aside.rmdir()
    return place


def _unlocked(installer: pip.Pip, lines: Sequence[str], work: str, extra: Sequence[str]) -> list[Path]:
    aside = Path(work, "unlocked", hashlib.sha256("\0".join([*lines, *extra]).encode()).hexdigest()[:16])
    shutil.rmtree(aside, ignore_errors=True)
    installer.download([*extra, *lines], str(aside))
    return sorted(aside.glob("*.whl"))


def _pip(step: Downloading, python: Python, work: str, context: Context) -> pip.Pip:
    """The interpreter's own, in an environment that is kept: its pip says which wheels fit."""
    name = hashlib.sha256(f"{python.path}\0{python.version}".encode()).hexdigest()[:16]
    environment = f"{work}/pythons/{name}"
    if not os.path.isfile(f"{environment}/bin/pip"):
        shutil.rmtree(environment, ignore_errors=True)
        os.makedirs(os.path.dirname(environment), exist_ok=True)
        virtualenv.create(environment, step, context)
    if not os.path.isfile(f"{environment}/bin/python"):
        raise BuildError(f"{python.path} made no environment in {environment}")
    installer = pip.Pip(step, environment, context)
    installer.ensure()
    return installer
