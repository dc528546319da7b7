"""What was asked for: whether it exists at all, and how a command line would say it."""

import difflib

from mxbuild.errors import UsageError
from mxbuild.model import Request
from mxbuild.recipe.model import Recipe
from mxbuild.resolve import architectures, flags, remote_cache, target, workers
from mxbuild.resolve.cuda_releases import number
from mxbuild.resolve.device import gpu_words, needs_cuda


def check(recipe: Recipe, request: Request) -> None:
    """Every feature, flag and number of the request against the recipe.

    Raises:
        UsageError: with all that does not exist, and what was probably meant.
    """
    faults = []
    for name, on in request.wanted.items():
        if name not in recipe.features:
            close = _meant(recipe, name) or difflib.get_close_matches(name, recipe.features, 1)
            hint = f"; did you mean {close[0]}?" if close else ""
            faults.append(f"--{'with' if on else 'without'} {name}: {recipe.id} has no feature {name}{hint}")
    faults += flags.unknown_flags(recipe, request)
    faults += target.unknown(request)
    if request.jobs is not None and request.jobs < 1:
        faults.append(f"--jobs {request.jobs}: at least 1")
    pinned = {pin.partition("==")[0] for row in recipe.python.requirements for pin in row.packages}
    for name, version in request.pins.items():
        if name not in pinned:
            faults.append(f"--pin {name}=={version}: {recipe.id} installs no {name}, only {', '.join(sorted(pinned))}")
    faults += _about_cuda(recipe, request)
    faults += [*remote_cache.faults(request), *workers.faults(request)]
    if request.vendored:
        others = (("--mirror", request.mirror), ("--store", request.store))
        faults += [f"--vendored and {option} contradict each other" for option, given in others if given]
    if len(faults) == 1 and target.unknown(request):
        known = [f"{family}: {' '.join(target.names(family))}" for family in target.FAMILIES]
        raise UsageError(
            faults[0],
            details=["there are generic, native, gcc's names, and archspec's:", *known],
            remedy=f"mxbuild explain target {recipe.id}",
        )
    if len(faults) == 1:
        raise UsageError(faults[0], remedy=f"mxbuild recipes show {recipe.id}")
    if faults:
        raise UsageError(
            f"{len(faults)} things are asked for that {recipe.id} does not have",
            details=faults,
            remedy=f"mxbuild recipes show {recipe.id}",
        )


def _meant(recipe: Recipe, name: str) -> list[str]:
    """The feature that sets the flag of that name: `--with mkldnn` is USE_MKLDNN."""
    flag = f"USE_{name.upper().replace('-', '_')}"
    return [feature for feature, f in recipe.features.items() if flag in f.on][:1]


def _about_cuda(recipe: Recipe, request: Request) -> list[str]:
    """Contradictions, and what is no architecture or version."""
    faults = []
    without = [n for n, on in request.wanted.items() if not on and n in recipe.features]
    off = [n for n in without if "cuda" in recipe.features[n].needs]
    if request.device == "cpu" or off:
        no = "--cpu" if request.device == "cpu" else f"--without {off[0]}"
        words = [*(["--gpu"] if request.device == "gpu" else []), *gpu_words(recipe, request)]
        faults += [f"{no} and {word} contradict each other" for word in words]
    if request.cudnn is not None:
        unwanted = [n for n in without if n not in off and needs_cuda(recipe, n)]
        faults += [f"--without {n} and --cudnn {request.cudnn} contradict each other" for n in unwanted]
    if request.cuda is not None and "/" not in request.cuda and not number(request.cuda):
        faults.append(f"--cuda {request.cuda}: give a toolkit's directory or a version like 11.8")
    if request.cuda is not None and "/" in request.cuda and request.cuda_from in ("apt", "wheels"):
        faults.append(f"--cuda {request.cuda} and --cuda-from {request.cuda_from} contradict each other")
    try:
        architectures.parse(request.cuda_arch or architectures.NATIVE)
    except ValueError as error:
        faults.append(f"--cuda-arch {request.cuda_arch}: {error}")
    return faults


def options(request: Request) -> list[str]:
    """The request as a command line has it."""
    options: list[str] = [] if request.device == "auto" else [f"--{request.device}"]
    options += [] if request.apt else ["--no-apt"]
    for name, on in request.wanted.items():
        options += ["--with" if on else "--without", name]
    for name, value in request.flags.items():
        options += ["--set", f"{name}={value}"]
    for name, version in request.pins.items():
        options += ["--pin", f"{name}=={version}"]
    origin = None if request.cuda_from == "auto" else request.cuda_from
    for option, given in (
        ("--cuda", request.cuda), ("--cuda-from", origin), ("--cuda-arch", request.cuda_arch),
        ("--cudnn", request.cudnn), ("--target", request.target), ("--jobs", request.jobs),
        ("--python", request.python), ("--mirror", request.mirror), ("--store", request.store),
        ("--vendored", request.vendored),
        ("--workers", request.workers),
        ("--extra-operators", request.extra_operators.directory if request.extra_operators else None),
        ("--remote-cache", None if remote_cache.HIDDEN in (request.remote_cache or "") else request.remote_cache),
    ):  # fmt: skip
        options += [] if given is None else [option, str(given)]
    return options
