"""Putting back into an environment what is not as it was installed: from the wheel, or by pip.

A file of MXNet's is written aside and renamed, out of the wheel that the receipt names by its hash; every other
package is installed anew, at its version, and by its hash where one is known.
"""

import os
import re
import shutil
import zipfile
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from mxbuild import durable
from mxbuild.errors import BuildError
from mxbuild.execute import contents, lock, pip, virtualenv
from mxbuild.execute.contents import Difference
from mxbuild.execute.context import Context
from mxbuild.execute.wheel import sha256
from mxbuild.model import Event, Message, Paths, Progress, Receipt

STEP = "repair"
PINNED = "pinned.txt"
"""In the environment: what pip installed by hashes."""
INSTALLER = "pip"


def repair(proof: Receipt, paths: Paths, environ: Mapping[str, str], watch: Callable[[Event], None]) -> tuple[str, ...]:
    """Put back what differs; returns what was put back, as files and packages.

    Args:
        proof: the environment's receipt.
        paths: of its build; its lock is held meanwhile.

    Raises:
        BuildError: what is needed for it is not there: the wheel, the interpreter, the package index.
        OSError: the environment cannot be written.
    """
    log = f"{paths.records}/{STEP}.log"
    step = virtualenv.Installation(STEP, proof.python.rpartition(" ")[0], log)
    context = Context(environ=environ, watch=watch, paths=paths, outcomes={})

    def waiting(holder: str) -> None:
        watch(Message(id=STEP, text=f"waiting for another mxbuild on the same build ({holder})"))

    with lock.held(f"{paths.records}/lock", waiting):
        done = _scaffold(step, paths.environment, context)
        wrong = list(contents.differences(paths.environment, proof.python_packages, hashed=True))
        own = contents.canonical(_distribution(proof))
        mine = [one for one in wrong if one.package == own]
        others = sorted({one.package for one in wrong} - {own}, key=lambda name: (name != INSTALLER, name))
        if mine:
            done += _from_wheel(mine, proof, step, context)
        for number, name in enumerate(others):
            watch(Progress(id=STEP, done=number, total=len(others), unit="packages", text=name))
            done += _reinstall(name, proof, step, context)
    return tuple(done)


def _scaffold(step: virtualenv.Installation, environment: str, context: Context) -> list[str]:
    """The interpreter, and what makes a directory an environment."""
    try:
        if os.path.isfile(f"{environment}/pyvenv.cfg"):
            virtualenv.ask(environment, context)
            return []
    except (BuildError, OSError):
        pass
    virtualenv.create(environment, step, context)
    return ["the interpreter"]


def _from_wheel(
    wrong: Sequence[Difference], proof: Receipt, step: virtualenv.Installation, context: Context
) -> list[str]:
    """MXNet's own files, out of its wheel; the whole of it where more than files is gone.

    Raises:
        BuildError: the wheel is gone, or another one.
    """
    if not os.path.isfile(proof.wheel) or sha256(proof.wheel) != proof.wheel_sha256:
        files = "a file" if len(wrong) == 1 else f"{len(wrong)} files"
        state = "was changed" if os.path.isfile(proof.wheel) else "is gone"
        raise BuildError(
            f"{proof.wheel} {state}, out of which {files} would be put back",
            remedy=f"mxbuild install {proof.recipe}, with the options that it was installed with, makes it anew",
        )
    environment = context.paths.environment
    (place,) = contents.places(environment)[:1] or [""]
    if not place or not all(one.path for one in wrong):
        pip.Pip(step, environment, context).install(["--force-reinstall", "--no-deps", "--no-index", proof.wheel])
        return [_distribution(proof)]
    done = []
    with zipfile.ZipFile(proof.wheel) as archive:
        names = {os.path.normpath(os.path.join(place, name)): name for name in archive.namelist()}
        for number, one in enumerate(wrong):
            context.watch(Progress(id=STEP, done=number, total=len(wrong), unit="files", text=one.path))
            if one.path not in names:  # pip's own: INSTALLER and the like
                pip.Pip(step, environment, context).install(
                    ["--force-reinstall", "--no-deps", "--no-index", proof.wheel]
                )
                return [_distribution(proof)]
            _put(archive, names[one.path], one.path)
            done.append(one.path)
    return done


def _put(archive: zipfile.ZipFile, name: str, path: str) -> None:
    if os.path.isdir(path) and not os.path.islink(path):
        durable.remove(path)
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with archive.open(name) as source, durable.writing(path) as target:
        shutil.copyfileobj(source, target)
        os.fchmod(target.fileno(), archive.getinfo(name).external_attr >> 16 & 0o777 or 0o644)


def _reinstall(name: str, proof: Receipt, step: virtualenv.Installation, context: Context) -> list[str]:
    """A package at its version, by its hash where pip had one.

    Raises:
        BuildError: it cannot be had.
    """
    environment = context.paths.environment
    versions = {contents.canonical(n): v for n, v in proof.python_packages.items()}
    version = versions.get(name, "")
    if name == INSTALLER:  # it cannot install itself while it is broken
        for place in contents.places(environment):
            for path in (*Path(place).glob("pip-*.dist-info"), Path(place, "pip")):
                if path.exists():
                    durable.remove(path)
        pip.Pip(step, environment, context).ensure()
        there = [
            p.stem.rpartition("-")[2] for d in contents.places(environment) for p in Path(d).glob("pip-*.dist-info")
        ]
        if version in ("", *there):
            return [name]
    installer = pip.Pip(step, environment, context)
    if hashes := _hashes(environment, name, version):
        listed = f"{environment}/{STEP}.txt"
        durable.write(listed, f"{hashes}\n".encode())
        arguments = ["--require-hashes", "-r", listed]
    else:
        arguments = [f"{name}=={version}" if version else name]
    installer.install(["--force-reinstall", "--no-deps", "--only-binary", ":all:", *arguments])
    return [name]


def _hashes(environment: str, name: str, version: str) -> str:
    """`name==version --hash=...`, as it was installed; "" where pip knew no hash."""
    try:
        lines = Path(environment, PINNED).read_text().splitlines()
    except (OSError, ValueError):
        return ""
    wanted = re.compile(rf"([A-Za-z0-9._-]+)=={re.escape(version)} --hash=")
    return next((line for line in lines if (m := wanted.match(line)) and contents.canonical(m[1]) == name), "")


def _distribution(proof: Receipt) -> str:
    return os.path.basename(proof.wheel).partition("-")[0]
