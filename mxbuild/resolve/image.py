"""A container instead of this machine: which image it begins with, and what such an image has."""

from collections.abc import Sequence
from functools import lru_cache
from importlib.resources import files

import msgspec

from mxbuild import toml
from mxbuild.errors import Complaint, HostError, UsageError
from mxbuild.model import Apt, Build, CudaLibrary, Fact, Host, Os, Request, Surroundings, Toolkit
from mxbuild.recipe.model import Recipe
from mxbuild.resolve.cuda_releases import number
from mxbuild.resolve.distribution import Release, distributions, release_of
from mxbuild.resolve.toolkit_offers import SWITCHED_ON

SOURCE = "--format dockerfile"
"""Where a container is known from that is only planned."""
LEAST = (3, 10)
"""Python that mxbuild needs."""
CUDNN = "8"
"""Major version of cuDNN in images that have one."""


class CudaImage(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Images of one release of CUDA."""

    release: str
    tag: str
    ubuntu: tuple[str, ...]
    cudnn: str = ""
    """In the tag of one with cuDNN; "" where there is none that a release takes."""


class Images(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    cuda: tuple[CudaImage, ...]


class Base(msgspec.Struct, frozen=True, kw_only=True):
    """What the stages begin with."""

    builder: str
    runtime: str


@lru_cache(maxsize=1)
def images() -> Images:
    """The table as shipped."""
    text = files("mxbuild").joinpath("data/images.toml").read_text()
    return msgspec.convert(toml.loads(text), Images)


def portable(request: Request) -> tuple[Request, tuple[str, ...]]:
    """The request without what is of this machine or its network, and what was left out, in words.

    Raises:
        UsageError: it asks for what no image can have.
    """
    if not request.apt:
        raise UsageError("--no-apt and --format dockerfile contradict each other: an image begins without packages")
    operators = request.extra_operators.directory if request.extra_operators else None
    for option, given in (
        ("--mirror", request.mirror), ("--cudnn", request.cudnn), ("--python", request.python),
        ("--extra-operators", operators), ("--vendored", request.vendored),
    ):  # fmt: skip
        if given and given.startswith("/"):
            raise UsageError(f"{option} {given} is a place on this machine, which an image does not have")
    local = {
        "--store": request.store, "--workers": request.workers, "--remote-cache": request.remote_cache,
        "--jobs": request.jobs,
    }  # fmt: skip
    wanted = msgspec.structs.replace(request, store=None, workers=None, remote_cache=None, jobs=None, ccache=None)
    return wanted, tuple(option for option, value in local.items() if value)


def bare(host: Host, recipe: Recipe, request: Request) -> Host:
    """This machine as a container of its distribution would be: the same processor and GPUs, and nothing installed.

    A toolkit of this machine, or a release that was asked for, is there where NVIDIA has an image with it.

    Raises:
        HostError: there is no image of it on which mxbuild runs.
    """
    _checked(host.os)
    here = tuple(t for t in host.toolkits if t.layout == "nvidia" and _image(host.os, t.version) is not None)
    toolkits = here + _asked(host.os, recipe, request, here)
    return msgspec.structs.replace(
        host,
        compilers=(),
        tools={},
        libraries={},
        pythons=(),
        toolkits=toolkits,
        cuda_libraries=tuple(x for x in host.cuda_libraries if toolkits and _brought(host.os, toolkits, x)),
        apt=Apt(
            path="/usr/bin/apt-get", right="root", right_source="a container", interrupted=False, lock_holder="",
            lists=True, components=SWITCHED_ON if host.os.id == "ubuntu" else (), source="the image",
        ),
        packages={},
        surroundings=Surroundings(container=Fact("docker", SOURCE), wsl=None, ci=None),
        environment={},
        notes=(),
    )  # fmt: skip


def base(build: Build, os: Os) -> Base:
    """The images of a build that was decided for a bare host."""
    cuda = build.cuda
    if cuda is None or cuda.origin != "system":
        name = f"{os.id}:{os.version}"
        return Base(builder=name, runtime=name)
    image = _image(os, cuda.toolkit.version)
    assert image is not None  # other toolkits were left out
    front = "-".join(["nvidia/cuda:" + image.tag, *([image.cudnn] if cuda.cudnn else [])])
    return Base(builder=f"{front}-devel-ubuntu{os.version}", runtime=f"{front}-runtime-ubuntu{os.version}")


def remedy(host: Host, fitting: Sequence[str]) -> str:
    """How an image comes by a toolkit that would do; "" where the host is a machine.

    Args:
        fitting: releases of CUDA that would, oldest first.
    """
    container = host.surroundings.container
    if container is None or container.source != SOURCE:
        return ""
    if mine := [r for r in fitting if _image(host.os, r)]:
        return f"--cuda {' or '.join(mine[-4:])}, of which NVIDIA has images for {host.os.id} {host.os.version}"
    others = [i for i in images().cuda if i.release in fitting]
    if not others:
        return "--cpu: no image of NVIDIA's has a CUDA that goes together with all of this"
    versions = sorted({version for i in others for version in i.ubuntu})
    known = " or ".join(i.release for i in others[-4:])
    return f"make the plan on ubuntu {' or '.join(versions)}, with --cuda {known}: NVIDIA has images of it"


def off(build: Build, os: Os) -> str:
    """The archive's component that has the CUDA of a build, and has to be switched on in the image; "" for none."""
    release = release_of(os)
    if build.cuda is None or build.cuda.origin != "apt" or release is None or release.cuda_component in SWITCHED_ON:
        return ""
    return release.cuda_component


def _asked(os: Os, recipe: Recipe, request: Request, here: tuple[Toolkit, ...]) -> tuple[Toolkit, ...]:
    """The toolkit of `--cuda VERSION`, which this machine need not have: the image brings it."""
    wanted = number(request.cuda or "")
    image = _image(os, request.cuda or "")
    if recipe.cuda is None or image is None or any(number(t.version)[: len(wanted)] == wanted for t in here):
        return ()
    root = f"/usr/local/cuda-{image.release}"
    one = Toolkit(
        version=image.tag, root=root, nvcc=f"{root}/bin/nvcc", layout="nvidia", include=f"{root}/include",
        libraries=f"{root}/lib64", stubs=f"{root}/lib64/stubs", parts=recipe.cuda.libraries, gcc="",
        found="NVIDIA's image", source="data/images.toml",
    )  # fmt: skip
    return (one,)


def _checked(os: Os) -> Release:
    release = release_of(os)
    if release is not None and number(release.python)[:2] >= LEAST:
        return release
    own = f"has Python {release.python}, and mxbuild needs 3.10" if release else "is no Debian or Ubuntu that is known"
    able = [f"{r.id} {r.version}" for r in distributions().release if number(r.python)[:2] >= LEAST]
    raise HostError(
        "no image can be made of this machine's distribution",
        complaints=[
            Complaint(f"{os.id} {os.version}".strip() + f" {own}", f"make the plan on one of: {', '.join(able)}")
        ],
    )


def _image(os: Os, version: str) -> CudaImage | None:
    release = ".".join(version.split(".")[:2])
    known = os.version if os.id == "ubuntu" else ""
    return next((i for i in images().cuda if i.release == release and known in i.ubuntu), None)


def _brought(os: Os, toolkits: tuple[Toolkit, ...], library: CudaLibrary) -> bool:
    """Whether the images of these toolkits have such a library."""
    found = [_image(os, t.version) for t in toolkits]
    return (
        library.name == "cudnn"
        and library.version.split(".")[0] == CUDNN
        and all(image is not None and image.cudnn for image in found)
    )
