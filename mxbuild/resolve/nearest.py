"""What can be built here, where what was asked for cannot: the commands nearest to it that were tried and work."""

import shlex
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

import msgspec

from mxbuild.errors import HostError
from mxbuild.model import Build, Host, Request
from mxbuild.recipe.model import Recipe
from mxbuild.resolve import architectures, asked, target
from mxbuild.resolve.cuda_releases import number, table
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
    if target.impossible(host, request):
        relaxed = _with(relaxed, target=target.NATIVE)
    if any("cudnn" in recipe.features[name].needs for name in drop):
        relaxed = _with(relaxed, cudnn=None)
    if wish != "gpu":
        working = _working((relaxed, _with(relaxed, apt=False)), request, attempt)
        return next((_line(recipe, candidate) for candidate, _ in working), "")
    found: dict[object, str] = {}
    first = _with(relaxed, device="gpu")
    for candidate, built in _working((first,), request, attempt):
        found[_same(built)] = _line(recipe, candidate)
    if not found:
        for candidate, built in _working(_gpu(host, first), request, attempt):
            found.setdefault(_same(built), _line(recipe, candidate))
            if len(found) == MOST:
                break
    cpu = _for_cpu(recipe, relaxed)
    for candidate, built in _working((cpu, _with(cpu, apt=False)), request, attempt):
        found.setdefault(_same(built), _line(recipe, candidate))
        break
    return "\n".join(found.values())


def _gpu(host: Host, request: Request) -> Iterator[Request]:
    """Requests for the GPU, from the nearest to the farthest."""
    changes: list[Mapping[str, Any]] = [
        {"cuda": None},
        {"cuda": None, "cuda_from": "auto"},
        {"cuda": None, "cuda_from": "apt"},
        {"cuda": None, "cuda_from": "wheels"},
    ]
    for change in changes:
        yield _with(request, **change)
    free = _with(request, cuda=None, cuda_from="auto")
    capabilities = sorted({g.capability for g in host.gpus} & {*table().architectures}, key=number, reverse=True)
    for capability in capabilities if len(host.gpus) > 1 else []:
        yield _with(free, cuda_arch=capability)
    if not capabilities or request.cuda_arch:
        yield _with(free, cuda_arch=architectures.ALL)


def _working(
    candidates: Iterable[Request], request: Request, attempt: Callable[[Request], Build]
) -> Iterator[tuple[Request, Build]]:
    """Those that can be built."""
    tried = [request]
    for candidate in candidates:
        if candidate in tried:
            continue
        tried.append(candidate)
        try:
            built = attempt(candidate)
        except HostError:
            continue
        yield candidate, built


def _line(recipe: Recipe, request: Request) -> str:
    return shlex.join(["mxbuild", "install", recipe.id, *asked.options(request)])


def _same(build: Build) -> object:
    """What makes two builds worth two lines."""
    cuda = build.cuda
    return (cuda.origin, cuda.toolkit.version, cuda.sass, cuda.ptx) if cuda else None


def _for_cpu(recipe: Recipe, request: Request) -> Request:
    wanted = {n: on for n, on in request.wanted.items() if not needs_cuda(recipe, n)}
    return _with(request, device="cpu", wanted=wanted, cuda=None, cuda_from="auto", cuda_arch=None, cudnn=None)


def _with(request: Request, **changes: Any) -> Request:
    return msgspec.structs.replace(request, **changes)
