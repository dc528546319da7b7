"""Which CUDA toolkit compiles: the newest that recipe, GPUs, driver and a host compiler go together with."""

from collections.abc import Sequence

import msgspec

from mxbuild.model import Host, Rejected, Request, Toolkit
from mxbuild.recipe.match import version_matches
from mxbuild.recipe.model import Recipe
from mxbuild.resolve import architectures, driver, host_compiler
from mxbuild.resolve.architectures import Code
from mxbuild.resolve.cuda_releases import Row, number, row, table
from mxbuild.resolve.host_compiler import Limit
from mxbuild.resolve.places import plain
from mxbuild.resolve.toolkit_offers import Offer


class Judged(msgspec.Struct, frozen=True, kw_only=True):
    """An offer, and everything that speaks against it."""

    offer: Offer
    row: Row | None
    code: Code | None
    limit: Limit | None
    against: tuple[str, ...]
    remark: str


def pick(judged: Sequence[Judged]) -> Judged | None:
    """The first that nothing speaks against: what is here before what has to be fetched.

    Among each of these, one with machine code for every GPU comes before one with PTX.
    """
    good = [j for j in judged if not j.against]
    return min(good, key=lambda j: (j.offer.origin != "system", not (j.code and j.code.exact)), default=None)


def judge(recipe: Recipe, host: Host, request: Request, offer: Offer) -> Judged:
    """Everything that speaks against a toolkit, at once."""
    assert recipe.cuda is not None
    toolkit = offer.toolkit
    against = list(offer.against)
    for path in (toolkit.root, toolkit.nvcc, toolkit.include, toolkit.libraries, toolkit.stubs):
        if not plain(path):
            against.append(f"{path!r} has characters that make does not stand")
            break
    known, remark = row(toolkit.version)
    matched = version_matches("CUDA", toolkit.version, recipe.cuda.versions)
    if not matched.ok:
        against.append(f"{recipe.id} takes CUDA {recipe.cuda.versions}")
    if known is None:
        against += [remark] if matched.ok else []
        return Judged(offer=offer, row=None, code=None, limit=None, against=tuple(against), remark=remark)
    if toolkit.layout == "wheels" and offer.origin == "system":
        against.append("wheels as pip leaves them have no libX.so to link; --cuda-from wheels makes a whole toolkit")
    if lacking := [name for name in recipe.cuda.libraries if name not in toolkit.parts]:
        against.append(f"it lacks {', '.join(lacking)}")
    code, why = code_for(host, request, toolkit.version)
    against += [why] if why else []
    if code is not None and counts(host, request, code):
        runs = driver.runs(host.driver, toolkit.version, known)
        against += [] if runs.ok else [runs.why]
    if not toolkit.stubs and not (host.driver and host.driver.usable):
        against.append("there is neither a driver nor a stub of libcuda.so to link against")
    if (std := dialect(recipe, toolkit.version)) < known.std:
        against.append(f"its headers need {known.std}, and {recipe.id} compiles device code as {std}")
    limit = host_compiler.limit(toolkit.version, known, toolkit.gcc)
    obtainable = host_compiler.obtainable(recipe, host, limit)
    against += [] if obtainable.ok else [obtainable.why]
    return Judged(offer=offer, row=known, code=code, limit=limit, against=tuple(against), remark=remark)


def code_for(host: Host, request: Request, version: str) -> tuple[Code | None, str]:
    """What nvcc of this toolkit is asked to make; (None, "") where it is not known for which GPUs."""
    if request.cuda_arch == architectures.ALL:
        return architectures.every(version, host.os.arch.value)
    if request.cuda_arch and (wanted := architectures.parse(request.cuda_arch)):
        return architectures.asked(wanted, version)
    if not host.gpus or not all(number(g.capability) for g in host.gpus):
        return None, ""
    return architectures.native(host.gpus, version)


def counts(host: Host, request: Request, code: Code) -> bool:
    """Whether the driver of this machine has to run what is compiled."""
    if not request.cuda_arch or request.cuda_arch == architectures.NATIVE:
        return True
    return any(served(g.capability, code) for g in host.gpus)


def served(capability: str, code: Code) -> bool:
    """Whether a GPU finds machine code or PTX that it can run."""
    mine = number(capability)
    if not mine:
        return False
    near = any(number(a)[0] == mine[0] and number(a) <= mine for a in code.sass)
    return near or bool(code.ptx and number(code.ptx) <= mine)


def dialect(recipe: Recipe, version: str) -> str:
    """C++ dialect of the device code: the recipe's, or that of its last rule for this toolkit."""
    assert recipe.cuda is not None
    std: str = recipe.cuda.std
    for compat in recipe.compat:
        wanted = compat.when.get("cuda")
        if compat.std and wanted is not None and version_matches("CUDA", version, wanted).ok:
            std = compat.std
    return std


def would_do(recipe: Recipe, host: Host, request: Request) -> tuple[str, ...]:
    """Releases of CUDA that would go together with all the rest, oldest first, as if they were installed here."""
    assert recipe.cuda is not None
    found = []
    for release in table().toolkit:
        whole = Toolkit(
            version=release.version, root="/usr/local/cuda", nvcc="/usr/local/cuda/bin/nvcc", layout="nvidia",
            include="/usr/local/cuda/include", libraries="/usr/local/cuda/lib64", stubs="/usr/local/cuda/lib64/stubs",
            parts=recipe.cuda.libraries, gcc="", found="", source="",
        )  # fmt: skip
        if not judge(recipe, host, request, Offer(toolkit=whole, origin="system")).against:
            found.append(release.version)
    return tuple(found)


def rejected(judged: Sequence[Judged], chosen: Judged) -> tuple[Rejected, ...]:
    """The others, each with what speaks against it."""
    origin = {"system": "comes later: it is older", "apt": "not needed: a toolkit is here", "wheels": "not needed"}
    if chosen.offer.origin != "system":
        origin |= {"apt": "comes later", "wheels": "comes later"}
    return tuple(
        Rejected(j.offer.title, "; ".join(j.against) or origin[j.offer.origin]) for j in judged if j is not chosen
    )
