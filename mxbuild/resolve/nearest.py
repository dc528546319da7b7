"""What can be built here, where what was asked for cannot: the commands nearest to it that were tried and work."""

import shlex
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import msgspec

from mxbuild.errors import HostError
from mxbuild.model import Build, Host, Request
from mxbuild.recipe.model import Recipe
from mxbuild.resolve import architectures, asked
from mxbuild.resolve.cuda_releases import number
from mxbuild.resolve.device import needs_cuda

MOST = 3
"""Commands shown, beside the one for the CPU."""


def nearest(
    recipe: Recipe, host: Host, request: Request, error: HostError, wish: str, attempt: Callable[[Request], Build]
) -> str:
    """Command lines, the nearest first; "" where there is none.

    Args:
        wish: the device that was asked for, in whichever words.
        attempt: decides everything for a request; raises HostError where it cannot be built.
    """
    drop = dict.fromkeys((c.without for c in error.complaints if c.without), False)
    relaxed = _with(request, wanted={**request.wanted, **drop})
    if any("cudnn" in recipe.features[name].needs for name in drop):
        relaxed = _with(relaxed, cudnn=None)
    if wish != "gpu":
        return next(_working(recipe, (relaxed, _with(relaxed, apt=False)), request, attempt), "")
    found: dict[str, None] = {}
    for line in _working(recipe, _gpu(host, _with(relaxed, device="gpu")), request, attempt):
        found.setdefault(line)
        if len(found) == MOST:
            break
    cpu = _for_cpu(recipe, relaxed)
    for line in _working(recipe, (cpu, _with(cpu, apt=False)), request, attempt):
        found.setdefault(line)
        break
    return "\n".join(found)


def _gpu(host: Host, request: Request) -> Iterator[Request]:
    """Requests for the GPU, from the nearest to the farthest."""
    yield request
    changes: list[Mapping[str, Any]] = [
        {"cuda": None},
        {"cuda": None, "cuda_from": "auto"},
        {"cuda": None, "cuda_from": "apt"},
        {"cuda": None, "cuda_from": "wheels"},
    ]
    for change in changes:
        yield _with(request, **change)
    free = _with(request, cuda=None, cuda_from="auto")
    capabilities = sorted({g.capability for g in host.gpus if number(g.capability)}, key=number, reverse=True)
    for capability in capabilities if len(capabilities) > 1 else []:
        yield _with(free, cuda_arch=capability)
    if not capabilities or request.cuda_arch:
        yield _with(free, cuda_arch=architectures.ALL)


def _working(
    recipe: Recipe, candidates: Iterator[Request] | tuple[Request, ...], request: Request,
    attempt: Callable[[Request], Build],
) -> Iterator[str]:  # fmt: skip
    """The command lines of those that can be built."""
    tried = [request]
    for candidate in candidates:
        if candidate in tried:
            continue
        tried.append(candidate)
        try:
            attempt(candidate)
        except HostError:
            continue
        yield shlex.join(["mxbuild", "install", recipe.id, *asked.options(candidate)])


def _for_cpu(recipe: Recipe, request: Request) -> Request:
    wanted = {n: on for n, on in request.wanted.items() if not (on and needs_cuda(recipe, n))}
    return _with(request, device="cpu", wanted=wanted, cuda=None, cuda_from="auto", cuda_arch=None, cudnn=None)


def _with(request: Request, **changes: Any) -> Request:
    return msgspec.structs.replace(request, **changes)
