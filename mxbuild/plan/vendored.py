"""What a vendored file has to do with this machine and this request: who differs is refused before anything changes.

Pure: the file's manifest has been read already.
"""

import os
import re
from collections.abc import Iterator, Sequence

import msgspec

from mxbuild.errors import Complaint, HostError, UsageError
from mxbuild.model import (
    AssembleToolkit,
    Build,
    CreateEnvironment,
    FetchSource,
    Host,
    InstallPackages,
    Manifest,
    Os,
    Request,
    Step,
    Wish,
)
from mxbuild.model.vendored import PACKS, WHEELS
from mxbuild.plan.places import pack_at

HASH = re.compile(r" --hash=sha256:([0-9a-f]{64})")
LIKE = "run mxbuild vendor on a machine like this one"


def system_of(os_: Os) -> str:
    """Distribution and release: debian-12, ubuntu-24.04."""
    return f"{os_.id}-{os_.version}"


def wish_of(request: Request) -> Wish:
    """The part of a request that shapes the build wherever it is made.

    Raises:
        UsageError: a manifest has no room for it.
    """
    try:
        return msgspec.convert({name: getattr(request, name) for name in Wish.__struct_fields__}, Wish)
    except msgspec.ValidationError as error:
        raise UsageError(f"this cannot be asked of a vendored file: {error}", remedy="mxbuild vendor --help") from error


def completed(request: Request, manifest: Manifest) -> Request:
    """The request with what the file was gathered for, where it leaves that open."""
    wish = manifest.wish
    return msgspec.structs.replace(
        request,
        recipe=request.recipe or manifest.recipe,
        device=wish.device if request.device == "auto" else request.device,
        wanted={**wish.wanted, **request.wanted},
        flags={**wish.flags, **request.flags},
        pins={**wish.pins, **request.pins},
        cuda_from=wish.cuda_from if request.cuda_from == "auto" else request.cuda_from,
        cuda_arch=request.cuda_arch or wish.cuda_arch,
        target=request.target or wish.target,
        python=request.python or manifest.python,
    )


def check_machine(manifest: Manifest, host: Host, recipe: str, request: Request) -> None:
    """Whether it was gathered for a machine like this one, and for this recipe.

    Raises:
        HostError: with every difference.
    """
    name, here, found = os.path.basename(request.vendored or ""), host.os, []
    if manifest.recipe != recipe:
        found.append(Complaint(f"{name} holds {manifest.recipe}, not {recipe}", "leave the recipe out, or vendor it"))
    if manifest.arch != here.arch.value:
        found.append(Complaint(f"{name} is for {manifest.arch}; this machine is {here.arch.value}", LIKE))
    if manifest.apt and request.apt and manifest.system != system_of(here):
        text = f"{name} has packages of {manifest.system}; this machine is {system_of(here)} ({here.pretty})"
        found.append(Complaint(text, f"{LIKE}; or give --no-apt, where all packages are there"))
    _raise(recipe, found)


def check_contents(manifest: Manifest, build: Build, steps: Sequence[Step]) -> None:
    """Whether it has all that the steps take out of it.

    Raises:
        HostError: with everything that it lacks.
    """
    name, version = os.path.basename(build.request.vendored or ""), build.python.version
    found = []
    if not version.startswith(f"{manifest.python}."):
        text = f"{name} has wheels for Python {manifest.python}; {build.python.path} is {version}"
        found.append(Complaint(text, f"--python {manifest.python}, or {LIKE}"))
    elif absent := list(_absent_wheels(manifest, steps)):
        found.append(Complaint(f"{name} has no wheel of {_few(absent)}", _made(manifest)))
    if absent := list(_absent_commits(manifest, steps)):
        found.append(Complaint(f"{name} does not have {_few(absent)}", _made(manifest)))
    if absent := [p for s in steps if isinstance(s, InstallPackages) for p in s.packages if p not in manifest.packages]:
        line = f"apt-get install --no-install-recommends {' '.join(absent)}, from wherever this machine has packages"
        found.append(Complaint(f"{name} has no Debian package {_few(absent)}, missing here", f"{line}; or {LIKE}"))
    _raise(build.recipe.id, found)


def hashes(line: str) -> tuple[str, ...]:
    """SHA-256 of each wheel that a line of pip's requirements allows; () where it takes any."""
    return tuple(HASH.findall(line))


def _absent_wheels(manifest: Manifest, steps: Sequence[Step]) -> Iterator[str]:
    here = {member for member in manifest.members if member.startswith(f"{WHEELS}/")}
    lines: list[str] = []
    for step in steps:
        lines += step.requirements if isinstance(step, CreateEnvironment) else ()
        lines += step.bundle.packages if isinstance(step, AssembleToolkit) else ()
    for line in dict.fromkeys(lines):
        pin, allowed = line.partition(" ")[0], hashes(line)
        name, _, version = pin.partition("==")
        start = f"{WHEELS}/{re.sub('[-_.]+', '_', name)}-{version}-".lower()
        if not (set(allowed) & set(manifest.lock) if allowed else any(m.lower().startswith(start) for m in here)):
            yield pin


def _absent_commits(manifest: Manifest, steps: Sequence[Step]) -> Iterator[str]:
    for step in steps:
        if isinstance(step, FetchSource) and step.packs:
            for one in step.repositories:
                if f"{PACKS}/{pack_at(one.origin, one.commit)}" not in manifest.members:
                    yield f"{one.commit[:12]} of {one.origin}"


def _few(names: Sequence[str]) -> str:
    return ", ".join(names[:5]) + (f" and {len(names) - 5} more" if len(names) > 5 else "")


def _made(manifest: Manifest) -> str:
    return f"{LIKE}, with the same recipe and options; this one was made by mxbuild {manifest.mxbuild}"


def _raise(what: str, found: Sequence[Complaint]) -> None:
    if found:
        raise HostError(f"{what} cannot be installed on this machine from that file", complaints=found)
