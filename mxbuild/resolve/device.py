"""For the CPU or for the GPU: what was asked for, in whichever words, and what is here."""

from collections.abc import Mapping
from typing import Literal

import msgspec

from mxbuild.model import Decision, Host, Request
from mxbuild.model.build import Device as Wish
from mxbuild.recipe.match import Matched
from mxbuild.recipe.model import Recipe
from mxbuild.resolve.cuda import named

CUDA_CAPABILITIES = ("cuda", "cudnn", "gpu")


class Device(msgspec.Struct, frozen=True, kw_only=True):
    """What is built for, and why."""

    kind: Literal["cpu", "gpu"]
    why: str
    asked: bool
    sources: tuple[str, ...] = ()
    reasons: Mapping[str, tuple[Matched, str]] = {}
    """Of CUDA's capabilities: whether each is there and why, and where that is known from."""

    def decision(self) -> Decision:
        return Decision(
            subject="device", kind="device", choice=self.kind, why=self.why, asked=self.asked, sources=self.sources
        )


def wish(recipe: Recipe, request: Request) -> tuple[Wish, str]:
    """The device asked for, and the option that says so; a word about CUDA asks for the GPU."""
    if request.device != "auto":
        return request.device, f"--{request.device}"
    for name, feature in recipe.features.items():
        if request.wanted.get(name) is False and "cuda" in feature.needs:
            return "cpu", f"--without {name}"
    said = gpu_words(recipe, request)
    return ("gpu", said[0]) if said else ("auto", "")


def gpu_words(recipe: Recipe, request: Request) -> list[str]:
    """Options that make sense only for the GPU, as they were given."""
    given = (("--cuda", request.cuda), ("--cuda-arch", request.cuda_arch), ("--cudnn", request.cudnn))
    words = [f"{option} {value}" for option, value in given if value is not None]
    words += [f"--cuda-from {request.cuda_from}"] if request.cuda_from != "auto" else []
    return words + [f"--with {n}" for n, on in request.wanted.items() if on and needs_cuda(recipe, n)]


def possible(recipe: Recipe, host: Host) -> str:
    """Why `--auto` does not even try the GPU; "" where it does."""
    if recipe.cuda is None:
        return f"{recipe.id} is built for the CPU only"
    if not host.gpus and host.driver is None:
        return "this machine has no NVIDIA GPU"
    here = f"{named(host.gpus)} is here" if host.gpus else "NVIDIA's driver is here"
    if host.driver is None:
        return f"{here}, but no driver of NVIDIA's is loaded; --gpu builds for it all the same"
    if not host.driver.usable:
        return f"{here}, but it cannot be used from here ({host.driver.source}); --gpu builds for it all the same"
    return "" if host.gpus else "NVIDIA's driver is here, but no GPU is to be seen; --gpu --cuda-arch builds for one"


def needs_cuda(recipe: Recipe, name: str) -> bool:
    """Whether a feature is there only with CUDA."""
    feature = recipe.features.get(name)
    if feature is None:
        return False
    return any(n in CUDA_CAPABILITIES for n in feature.needs) or any(needs_cuda(recipe, r) for r in feature.requires)
