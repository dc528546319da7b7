"""Gathering into one file all that an install takes from the network, for a machine like this one that has none.

What is gathered is what the plan would need on a bare machine: the same decisions, for this one without its packages.
Downloads lie in the cache, whole or not at all, and are taken up by the next run; the file appears in one rename.
"""

import os
import shlex
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

import msgspec

from mxbuild import ownership, pipeline
from mxbuild.errors import MxbuildError, UsageError
from mxbuild.execute import lock
from mxbuild.execute.context import Context
from mxbuild.execute.wheel import sha256
from mxbuild.locations import Locations
from mxbuild.model import (
    AssembleToolkit,
    Build,
    CreateEnvironment,
    Event,
    FetchSource,
    InstallPackages,
    Manifest,
    Message,
    Progress,
    Request,
    Step,
    StepFailed,
    StepFinished,
    StepStarted,
    Wish,
)
from mxbuild.model.vendored import DEBS, WHEELS
from mxbuild.pipeline import View
from mxbuild.plan import paths, steps
from mxbuild.plan.vendored import hashes, system_of, wish_of
from mxbuild.system import System
from mxbuild.vendor import archive, itself, packages, sources, wheels
from mxbuild.vendor.archive import Members
from mxbuild.vendor.bare import bare
from mxbuild.version import version

DIRECTORY = "vendor"
"""Below mxbuild's cache: what was downloaded for vendored files."""
VENV = "python3-venv"
"""The interpreter is supposed to be there; on a bare machine it is not, and what sets mxbuild up needs one as well."""


@dataclass(frozen=True)
class Made:
    """The file that was made."""

    file: str
    size: int
    sha256: str
    manifest: Manifest


def make(
    system: System,
    request: Request,
    where: Locations,
    file: str | None,
    watch: Callable[[Event], None],
    *,
    recipe_dirs: Sequence[str] = (),
    own: bool = True,
) -> Made:
    """Gather everything and write it.

    Args:
        file: None: into the directory that one is in, named after what it holds.
        own: with mxbuild itself.

    Raises:
        MxbuildError: something cannot be had; what was downloaded is kept for the next run.
        OSError: the disk refuses.
    """
    if request.vendored:
        raise UsageError("--vendored is for installing", remedy="mxbuild vendor --help")
    wish_of(request)  # what cannot be asked is refused before anything is downloaded
    _there(request)
    if not os.path.isdir(place := os.path.dirname(os.path.abspath(file or "."))):
        raise UsageError(f"there is no directory {place}", remedy=f"mkdir -p {shlex.quote(place)}")
    name = pipeline.recipe_of(request, system.environ, recipe_dirs)[1].stem
    view = pipeline.look(system, request, where, recipe_dirs, bare if request.apt else pipeline.as_it_is)
    work = f"{where.cache}/{DIRECTORY}"
    places = msgspec.structs.replace(paths(view.build, where.prefix, where.cache, where.state), cache=work)
    ownership.check(where)
    context = Context(environ=system.environ, watch=watch, paths=places, outcomes={})

    def waiting(holder: str) -> None:
        watch(Message(id="", text=f"waiting for another mxbuild ({holder})"))

    with lock.held(f"{where.state}/{lock.WORKING}", waiting, shared=True), lock.held(f"{work}/lock", waiting):
        members, versions = _gather(view, steps(view.build, places, view.embedded), work, context)
        if own:
            with _told(watch, "mxbuild", "Pack mxbuild itself", "a bare machine has none") as said:
                debs = {name: content for name, content in members.items() if name.startswith(f"{DEBS}/")}
                found = itself.gather(view.host, view.build.python, debs, work, context)
                members |= found
                said.append(_amount(found))
        with _told(watch, "write", "Write the file", "everything is here") as said:
            manifest = _manifest(view, name, request, members, versions)
            target = os.path.abspath(file or name_of(manifest, view.build.device))

            def told(done: int, total: int, name: str) -> None:
                watch(Progress(id="write", done=done, total=total, unit="bytes", text=name))

            archive.write(target, manifest, members, told)
            said.append(target)
    return Made(target, os.path.getsize(target), sha256(target), manifest)


def name_of(manifest: Manifest, device: str) -> str:
    """What a file is called where nobody says: mxnet-0.12.1-cpu-debian-12-x86_64-py3.11.vendored.tar."""
    machine = f"{manifest.system}-{manifest.arch}" if manifest.apt else manifest.arch
    return f"{manifest.recipe}-{device}-{machine}-py{manifest.python}.vendored.tar"


def _gather(view: View, todo: Sequence[Step], work: str, context: Context) -> tuple[Members, dict[str, str]]:
    """All that the steps take, and the versions of Debian's packages in it."""
    members, versions = Members(), dict[str, str]()
    for step in todo:
        if isinstance(step, FetchSource) and not step.embedded:
            count = len(step.repositories)
            with _told(context.watch, "source", f"Fetch {count} pinned repositories", "for git") as said:
                found = sources.gather(step, work, context)
                members |= found
                said.append(_amount(found))
        if isinstance(step, InstallPackages):
            names = dict.fromkeys([*step.packages, VENV])
            with _told(context.watch, "debs", "Download Debian packages", "with all that they depend on") as said:
                found, versions = packages.gather(tuple(names), work, context)
                members |= found
                said.append(_amount(found))
    lines = list(dict.fromkeys(line for step in todo for line in _wheels(step)))
    with _told(context.watch, "wheels", "Download Python packages", "wheels of the recipe's pins") as said:
        files = wheels.gather(view.build.python, lines, work, context)
        found = {f"{WHEELS}/{wheels.named(file.name)}": file for file in files}
        members |= found
        said.append(_amount(found))
    return members, versions


def _wheels(step: Step) -> tuple[str, ...]:
    """Lines of pip's requirements that the step takes from an index."""
    if isinstance(step, AssembleToolkit):
        return step.bundle.packages
    return step.requirements if isinstance(step, CreateEnvironment) else ()


def _manifest(view: View, name: str, request: Request, members: Members, versions: dict[str, str]) -> Manifest:
    build, host = view.build, view.host
    sizes = archive.measured(members)
    locked = {digest for line in (*build.locked, *_bundled(view)) for digest in hashes(line)}
    return Manifest(
        mxbuild=version(),
        recipe=name,
        wish=_wish(build, request),
        system=system_of(host.os),
        arch=host.os.arch.value,
        python=".".join(build.python.version.split(".")[:2]),
        apt=bool(versions),
        packages=versions,
        lock=tuple(sorted(locked & {member.sha256 for member in sizes.values()})),
        members=sizes,
    )


def _there(request: Request) -> None:
    """Refuse what a bare machine does not have and the file does not hold.

    Raises:
        UsageError: a toolkit or a cuDNN of this machine is asked for.
    """
    places = {f"--cuda {request.cuda}": request.cuda, f"--cudnn {request.cudnn}": request.cudnn}
    named = [option for option, value in places.items() if value and "/" in value]
    named += ["--cuda-from system"] if request.cuda_from == "system" else []
    if named and request.apt:
        raise UsageError(
            f"{named[0]} is of this machine, and a vendored file is for one that has nothing yet",
            remedy="--cuda-from wheels: then CUDA is in the file; or --no-apt, where the other machine has all of this",
        )


def _wish(build: Build, request: Request) -> Wish:
    """What was asked for, with the origin of CUDA that was chosen: what the other machine would choose is not there."""
    wish = wish_of(request)
    return msgspec.structs.replace(wish, cuda_from=build.cuda.origin) if build.cuda else wish


def _bundled(view: View) -> tuple[str, ...]:
    bundle = view.build.cuda.bundle if view.build.cuda else None
    return bundle.packages if bundle else ()


def _amount(found: Members) -> str:
    size = sum(len(content) if isinstance(content, bytes) else content.stat().st_size for content in found.values())
    return f"{len(found)} file{'s' * (len(found) != 1)}, {size / 1e6:.1f} MB"


@contextmanager
def _told(watch: Callable[[Event], None], id_: str, title: str, why: str) -> Iterator[list[str]]:
    """A step of its own on the screen; what is put into the list is its last line."""
    started, said = time.monotonic(), list[str]()
    watch(StepStarted(id=id_, title=title, why=why))
    try:
        yield said
    except MxbuildError as error:
        watch(StepFailed(id=id_, title=title, seconds=time.monotonic() - started, message=error.message))
        raise
    except OSError as error:
        text = error.strerror or str(error)
        watch(StepFailed(id=id_, title=title, seconds=time.monotonic() - started, message=text))
        raise
    watch(StepFinished(id=id_, title=title, seconds=time.monotonic() - started, detail="; ".join(said)))
