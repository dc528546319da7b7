"""Every make variable, explicitly, each with its reason; nothing is left to upstream's defaults."""

import difflib
from collections.abc import Collection

import msgspec

from mxbuild.model import Decision, FeatureChoice, Host, Request, Rule, Target, Variable
from mxbuild.recipe.model import Compat, FlagValue, Recipe
from mxbuild.recipe.values import FlagWord
from mxbuild.resolve import architectures
from mxbuild.resolve.complaints import Complaints
from mxbuild.resolve.cuda import Choice

BUILTINS = "nvrtc-builtins"
"""A RUNPATH holds for the library that has it alone; what libmxnet.so loads itself, libnvrtc finds loaded (measured:
13.0's says "failed to open libnvrtc-builtins.so.13.0" otherwise)."""


EXTRA_OPERATORS = "EXTRA_OPERATORS"
"""Directories below the tree's top, or anywhere, whose sources make compiles into the library."""


def unknown_flags(recipe: Recipe, request: Request) -> list[str]:
    """What is wrong with --set: unknown names, values that the recipe does not allow, flags that a feature owns."""
    faults: list[str] = []
    if request.extra_operators and EXTRA_OPERATORS not in recipe.flags:
        faults.append(f"--extra-operators: {recipe.id} has no flag {EXTRA_OPERATORS}")
    for name, value in request.flags.items():
        if name == EXTRA_OPERATORS:
            faults.append(f"--set {name}={value}: use --extra-operators DIR, which counts what lies there")
            continue
        flag = recipe.flags.get(name)
        if flag is None:
            close = difflib.get_close_matches(name, recipe.flags, 1)
            hint = f"; did you mean {close[0]}?" if close else ""
            faults.append(f"--set {name}={value}: {recipe.id} has no flag {name}{hint}")
            continue
        try:
            msgspec.convert(value, FlagWord)
        except msgspec.ValidationError:
            # make expands what it finds in a variable: `$(shell ...)` runs.
            faults.append(f"--set {name}={value!r}: a word of letters, digits and _ . / + - is needed")
            continue
        allowed = [str(v) for v in flag.values]
        if allowed and value not in allowed:
            faults.append(
                f"--set {name}={value}: {recipe.id} takes {' or '.join(a or 'nothing' for a in allowed)} ({flag.why})"
            )
        owner = next((f for f, feature in recipe.features.items() if name in feature.on), None)
        if owner is not None:
            faults.append(f"--set {name}={value}: the feature {owner} sets it; use --with {owner} or --without {owner}")
    return faults


def variables(
    recipe: Recipe,
    host: Host,
    request: Request,
    features: tuple[FeatureChoice, ...],
    rules: tuple[tuple[Compat, Rule], ...],
    complaints: Complaints,
    gpu: Choice | None = None,
    target: Target | None = None,
) -> tuple[tuple[Variable, ...], tuple[Decision, ...]]:
    """The variables in the recipe's order, then ADD_CFLAGS and ADD_LDFLAGS; CUDA_ARCH, NVCCFLAGS for device code.

    Precedence: the recipe's value, then the feature's, then a rule's, then --set and --extra-operators. A target's
    flags go where the rules' go: upstream's Makefile hands ADD_CFLAGS to nvcc as well, behind -Xcompiler, for the
    host's part of a .cu.
    """
    chosen: dict[str, Variable] = {}
    asked: set[str] = set()

    def put(name: str, value: FlagValue, why: str) -> None:
        text = _fill(str(value), host, gpu)
        if text is None:
            complaints.add(f"{name}: the machine has nothing for {value}", f"--set {name}=VALUE")
        else:
            chosen[name] = Variable(name, text, why)

    on = {feature.name for feature in features if feature.on}
    for name, flag in recipe.flags.items():
        if flag.only_with is None or flag.only_with in on:
            put(name, flag.value, flag.why)
    for feature in features:
        table = recipe.features[feature.name].on if feature.on else recipe.features[feature.name].off
        for name, value in table.items():
            put(name, value, f"{feature.name} is {'on' if feature.on else 'off'}: {feature.why}")
    for compat, rule in rules:
        for name, value in compat.set.items():
            put(name, value, f"{compat.id}: {rule.why}")
    for name, text in request.flags.items():
        chosen[name] = Variable(name, text, "--set")
        asked.add(name)
    if extra := request.extra_operators:
        why = f"--extra-operators {extra.directory}: {', '.join(extra.files)}"
        chosen[EXTRA_OPERATORS] = Variable(EXTRA_OPERATORS, extra.place, why)
        asked.add(EXTRA_OPERATORS)
    cflags = [f"-D{k}={v}" if v else f"-D{k}" for compat, _ in rules for k, v in compat.define.items()]
    cflags += [flag for compat, _ in rules for flag in compat.cflags]
    cflags += [f"-I{directory}" for directory in (gpu.include if gpu else ())]
    adders = [compat.id for compat, _ in rules if compat.define or compat.cflags]
    adders += ["headers of the toolkit and of cuDNN"] if gpu and gpu.include else []
    if target and target.flags:
        cflags += target.flags
        adders.append(f"target {target.name}")
    chosen["ADD_CFLAGS"] = Variable("ADD_CFLAGS", " ".join(cflags), ", ".join(adders) or "no rule adds any")
    chosen["ADD_LDFLAGS"] = _link(recipe, on, gpu)
    if gpu:
        for variable in _device(recipe, rules, gpu):
            chosen[variable.name] = variable
    decisions = tuple(
        Decision(subject=v.name, kind="flag", choice=v.value, why=v.why, asked=v.name in asked) for v in chosen.values()
    )
    return tuple(chosen.values()), decisions


def _link(recipe: Recipe, on: Collection[str], gpu: Choice | None) -> Variable:
    """What the linker is told: for features, and where CUDA's libraries are.

    ld reads LD_RUN_PATH only where no -rpath is given, and upstream gives one for libraries that lie beside its own.
    """
    words: list[str] = []
    reasons: list[str] = []
    if gpu:
        words += [f"-L{directory}" for directory in gpu.link]
        if gpu.link:
            reasons.append("libcuda.so's stub for the link, cuDNN and toolkit where the linker does not look by itself")
        run_path, parts = gpu.cuda.run_path, gpu.cuda.toolkit.parts
        if run_path and BUILTINS in parts and recipe.cuda and "nvrtc" in recipe.cuda.libraries:
            words += ["-Wl,--no-as-needed", f"-l{BUILTINS}"]
            reasons.append(f"libnvrtc opens lib{BUILTINS} by name, and has no RUNPATH of its own to find it")
        if any(recipe.features[name].beside for name in on):
            # $ORIGIN goes through make, which takes one of two dollars, and a shell, as in upstream's own words.
            words += [f"-Wl,-rpath,'{directory.replace('$', '$$')}'" for directory in run_path]
    for name in recipe.features:
        if name in on and (names := recipe.features[name].link):
            words += [f"-l{library}" for library in names]
            reasons.append(f"feature {name}")
    return Variable("ADD_LDFLAGS", " ".join(words), "; ".join(reasons) or "no rule adds any")


def _device(recipe: Recipe, rules: tuple[tuple[Compat, Rule], ...], gpu: Choice) -> list[Variable]:
    """What nvcc is told.

    NVCCFLAGS is whole, so that upstream's own (the dialect above all) is not added. `$(CXX)` is for make to expand:
    it is the launcher, through which nvcc's host compiles go as well. CUDA_ARCH is never left to upstream's probe,
    which runs nvcc without -ccbin and takes its failure for an answer.
    """
    assert recipe.cuda is not None
    stds = [(compat.std, compat.id) for compat, _ in rules if compat.std]
    std, said = stds[-1] if stds else (recipe.cuda.std, "the recipe's dialect and flags")
    cuda = gpu.cuda
    code = "; ".join(filter(None, (f"machine code for {', '.join(cuda.sass)}" if cuda.sass else "",
                                   f"PTX {cuda.ptx} for newer GPUs" if cuda.ptx else "")))  # fmt: skip
    return [
        Variable("CUDA_ARCH", architectures.flags(cuda.sass, cuda.ptx), code),
        Variable("NVCCFLAGS", " ".join((f"-std={std}", *recipe.cuda.flags, "-ccbin $(CXX)")), said),
    ]


def _fill(value: str, host: Host, gpu: Choice | None) -> str | None:
    """The value with its placeholder replaced; None where the machine has no such fact."""
    if not value.startswith("{"):
        return value
    subject, _, attribute = value[1:-1].partition(".")
    if subject == "cuda":
        # Debian's layout has no root: everything is where compilers look by themselves.
        return (gpu.cuda.toolkit.root or "NONE") if gpu else None
    library = host.libraries.get(subject)
    if library is None:
        return None
    return {"directory": library.directory, "provider": library.provider}.get(attribute)
