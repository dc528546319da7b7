"""The join: release x toolkit x cuDNN x g++ x GPU x driver x distribution -> with what device code is compiled."""

import msgspec

from mxbuild.model import Cuda, CudaLibrary, Decision, Gpu, Host, Rejected, Request
from mxbuild.recipe.match import Matched, version_matches
from mxbuild.recipe.model import Recipe
from mxbuild.resolve import architectures, cudnn, driver, image, places, toolkit
from mxbuild.resolve.complaints import Complaints
from mxbuild.resolve.cuda_releases import table
from mxbuild.resolve.host_compiler import Limit
from mxbuild.resolve.toolkit import Judged
from mxbuild.resolve.toolkit_offers import offers

ARCHIVE = "https://developer.nvidia.com/cuda-toolkit-archive"


class Choice(msgspec.Struct, frozen=True, kw_only=True):
    """What was decided about the GPU, for the rest of the decisions."""

    cuda: Cuda
    limit: Limit | None
    package: str
    """Debian package that brings the toolkit; "" for none to install."""
    reasons: dict[str, tuple[Matched, str]]
    """Capability (cuda, cudnn, gpu) -> whether it is there and why, and where that is known from."""
    decisions: tuple[Decision, ...]
    include: tuple[str, ...]
    """Directories of headers that a compiler does not look into by itself."""
    link: tuple[str, ...]
    """The same of libraries, stubs last."""


def choose(recipe: Recipe, host: Host, request: Request, directory: str, complaints: Complaints) -> Choice | None:
    """With what device code is compiled, or complaints.

    Args:
        directory: where toolkits are put together from NVIDIA's packages; "" for nowhere.
    """
    if recipe.cuda is None:
        complaints.add(f"--gpu: {recipe.id} has no device code that can be built", "--cpu")
        return None
    judged = [toolkit.judge(recipe, host, request, o) for o in offers(recipe, host, request, directory)]
    _targets(host, request, complaints)
    chosen = toolkit.pick(judged)
    if chosen is None:
        _complain(recipe, host, request, judged, complaints)
        return None
    if chosen.code is None or chosen.row is None:
        return None  # for which GPUs is not known, which is a complaint already
    tools, code = chosen.offer.toolkit, chosen.code
    library, matched, source = cudnn.choose(recipe, host, request, tools)
    usable = host.driver is not None and host.driver.usable
    run_path = _run_path(host, chosen, library)
    cuda = Cuda(
        toolkit=tools,
        origin=chosen.offer.origin,
        bundle=chosen.offer.bundle,
        sass=code.sass,
        ptx=code.ptx,
        cudnn=library,
        stubs=tools.stubs,
        run_path=run_path,
        gpu=usable and any(toolkit.served(g.capability, code) for g in host.gpus),
        driver=usable,
    )
    about = chosen.offer.title
    return Choice(
        cuda=cuda,
        limit=chosen.limit,
        package=chosen.offer.package,
        reasons={"cuda": (Matched(True, about), tools.source), "gpu": (Matched(True, about), tools.source),
                 "cudnn": (matched, source)},
        decisions=(_about_toolkit(recipe, chosen, judged), _about_architectures(host, request, chosen),
                   _about_driver(host, chosen)),
        include=_include(host, chosen, library),
        link=_link(host, chosen, library),
    )  # fmt: skip


def without_cudnn(choice: Choice) -> Choice:
    """The same where the feature cudnn is off: nothing of it is passed on."""
    library = choice.cuda.cudnn
    if library is None:
        return choice
    header, directory = library.header.rpartition("/")[0], library.library.rpartition("/")[0]
    keep = choice.cuda.toolkit
    return msgspec.structs.replace(
        choice,
        cuda=msgspec.structs.replace(
            choice.cuda,
            cudnn=None,
            run_path=tuple(d for d in choice.cuda.run_path if d != directory or d == keep.libraries),
        ),
        include=tuple(d for d in choice.include if d != header or d == keep.include),
        link=tuple(d for d in choice.link if d != directory or d == keep.libraries),
    )


def named(gpus: tuple[Gpu, ...]) -> str:
    """The GPUs in a few words, equal ones counted."""
    counted: dict[str, int] = {}
    for gpu in gpus:
        text = f"{gpu.name} ({gpu.capability})" if gpu.capability else gpu.name
        counted[text] = counted.get(text, 0) + 1
    return ", ".join(f"{n} x {text}" if n > 1 else text for text, n in counted.items())


def _targets(host: Host, request: Request, complaints: Complaints) -> None:
    """Complain where it is not known for which GPUs to compile."""
    if request.cuda_arch and request.cuda_arch != architectures.NATIVE:
        return
    if not host.gpus:
        text = "--gpu: this machine has no NVIDIA GPU, so mxbuild has to be told for which GPUs to compile"
        complaints.add(text, f"--cuda-arch 7.0,8.6   ({architectures.EXAMPLES}; or all-supported)")
    elif unknown := [g for g in host.gpus if not g.capability]:
        text = f"--gpu: the compute capability of {named(tuple(unknown))} is not known ({unknown[0].source})"
        complaints.add(text, f"--cuda-arch X.Y   ({architectures.EXAMPLES}; or all-supported)")


def _complain(recipe: Recipe, host: Host, request: Request, judged: list[Judged], complaints: Complaints) -> None:
    target = f" and {named(host.gpus)}" if host.gpus and request.cuda_arch in (None, architectures.NATIVE) else ""
    given = f"--cuda {request.cuda}: " if request.cuda else ""
    lines = [f"{given}no CUDA toolkit goes together with {recipe.id}{target} on this machine"]
    lines += [f"{j.offer.title}: {'; '.join(j.against)}" for j in judged]
    if not judged:
        here = ", ".join(f"{t.version} in {t.root or t.nvcc}" for t in host.toolkits) or "none"
        lines[0] = f"{given}there is no such CUDA toolkit (found here: {here})"
    relaxed = msgspec.structs.replace(request, cuda=None, cuda_from="auto")
    if fitting := toolkit.would_do(recipe, host, relaxed):
        installed = f"install CUDA {' or '.join(fitting[-4:])} ({ARCHIVE}), then --cuda PATH"
        remedy = image.remedy(host, fitting) or installed
    elif fitting := toolkit.would_do(recipe, msgspec.structs.replace(host, driver=None), relaxed):
        row = next(r for r in table().toolkit if r.version == fitting[0])
        remedy = f"update NVIDIA's driver to {row.driver} or newer, for CUDA {fitting[0]} and later; or --cpu"
    else:
        remedy = "--cpu: no release of CUDA goes together with all of this"
    complaints.add("\n".join(lines), remedy)


def _about_toolkit(recipe: Recipe, chosen: Judged, judged: list[Judged]) -> Decision:
    assert recipe.cuda is not None
    offer = chosen.offer
    how = {
        "system": f"found by {offer.toolkit.found}",
        "apt": "the distribution's own" + (f": {offer.size}" if offer.size else ""),
        "wheels": f"put together in mxbuild's cache: {offer.size}",
    }[offer.origin]
    why = f"{how}; {recipe.id} takes CUDA {recipe.cuda.versions}"
    if not version_matches("CUDA", offer.toolkit.version, recipe.cuda.tested).ok:
        why += f", upstream tested {recipe.cuda.tested}"
    why += f"; {chosen.remark}" if chosen.remark else ""
    return Decision(
        subject="toolkit",
        kind="cuda",
        choice=offer.title,
        why=why,
        rejected=toolkit.rejected(judged, chosen),
        sources=(offer.toolkit.source, *((chosen.row.source,) if chosen.row else ())),
    )


def _about_architectures(host: Host, request: Request, chosen: Judged) -> Decision:
    code = chosen.code
    assert code is not None
    asked = bool(request.cuda_arch) and request.cuda_arch != architectures.NATIVE
    why = f"--cuda-arch {request.cuda_arch}" if asked else named(host.gpus)
    why = "; ".join([why, *code.remarks])
    choice = " ".join([*(f"sm_{a.replace('.', '')}" for a in code.sass), f"+ PTX {code.ptx}"]).removeprefix("+ ")
    left = tuple(
        Rejected(f"{g.name} ({g.capability})", "it is here, but not among the architectures asked for")
        for g in host.gpus
        if asked and not toolkit.served(g.capability, code)
    )
    sources = tuple(dict.fromkeys(g.source for g in host.gpus)) if not asked else ()
    return Decision(
        subject="architectures", kind="cuda", choice=choice, why=why, asked=asked, rejected=left, sources=sources
    )


def _about_driver(host: Host, chosen: Judged) -> Decision:
    assert chosen.row is not None
    if host.driver is not None and host.driver.usable:
        why = driver.runs(host.driver, chosen.offer.toolkit.version, chosen.row).why
    else:
        why = f"nothing can be run on a GPU here; a machine that runs it needs driver {chosen.row.driver} or newer"
    sources = (host.driver.source,) if host.driver else ()
    return Decision(subject="driver", kind="cuda", choice=driver.said(host.driver), why=why, sources=sources)


def _run_path(host: Host, chosen: Judged, library: CudaLibrary | None) -> tuple[str, ...]:
    """Where the finished library finds CUDA's libraries; never the stubs."""
    tools, found = chosen.offer.toolkit, [] if library is None else [library.library.rpartition("/")[0]]
    if chosen.offer.origin == "wheels":
        major = tools.version.split(".", maxsplit=1)[0]
        first = (f"$ORIGIN/../nvidia/cu{major}/lib",)
    else:
        first = (tools.libraries,)
    return places.elsewhere([*first, *found], [*places.linked(host.os), tools.stubs])


def _include(host: Host, chosen: Judged, library: CudaLibrary | None) -> tuple[str, ...]:
    """For -I: cuDNN first, so that a prefix asked for beats what lies elsewhere."""
    tools, row = chosen.offer.toolkit, chosen.row
    known = [*places.included(host.os), *([f"{tools.root}/include"] if tools.root else [])]
    rows = [library.header.rpartition("/")[0]] if library else []
    rows.append("" if tools.layout == "nvidia" else tools.include)
    rows += [f"{tools.include}/{part}" for part in (row.include if row else ())]
    return places.elsewhere(rows, known)


def _link(host: Host, chosen: Judged, library: CudaLibrary | None) -> tuple[str, ...]:
    """For -L. The stubs are always there: a driver without libcuda.so for linkers (WSL, containers) is common."""
    tools = chosen.offer.toolkit
    own = [f"{tools.root}/lib", f"{tools.root}/lib64"] if tools.root else []
    rows = [library.library.rpartition("/")[0]] if library else []
    rows += ["" if tools.layout == "nvidia" else tools.libraries, tools.stubs]
    return places.elsewhere(rows, [*places.linked(host.os), *own])
