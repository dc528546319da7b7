"""Which features are on: what was asked for, what the recipe wants, what the machine has."""

from collections.abc import Sequence

from mxbuild.model import Decision, FeatureChoice, Host, Request, Tool
from mxbuild.recipe.match import Matched, version_matches
from mxbuild.recipe.model import Feature, Recipe
from mxbuild.resolve.complaints import Complaints
from mxbuild.resolve.device import CUDA_CAPABILITIES, Device
from mxbuild.resolve.packages import remedy

TITLES = {
    "opencv": "OpenCV", "blas": "BLAS", "lapack": "LAPACK", "protobuf": "Protocol Buffers", "zmq": "ZeroMQ",
    "cmake": "CMake",
}  # fmt: skip
TOOLS = {"graphviz": "dot", "cmake": "cmake", "protoc": "protoc"}
"""Capabilities that are programs."""
BUILDERS = ("cmake", "protoc")
"""Those that make calls; the others serve the finished library."""


def capability(host: Host, name: str, wanted: str) -> tuple[Matched, str]:
    """Whether the machine has a capability in the wanted range: the reason, and where that comes from."""
    title = TITLES.get(name, name)
    if name in TOOLS:
        tool = host.tools.get(TOOLS[name])
        if tool is None:
            return Matched(False, f"no {TOOLS[name]}"), ""
        have = Matched(True, f"{tool.name} {tool.version}".strip())
        return version_matches(title, tool.version, wanted) if wanted else have, tool.source
    library = host.libraries.get(name)
    if library is None:
        return Matched(False, f"no {title} to compile against"), ""
    label = f"{title} ({library.provider})" if library.provider not in ("", name) else title
    if not wanted:
        return Matched(True, f"{label} {library.version} is there".replace("  ", " ")), library.source
    return version_matches(label, library.version, wanted), library.source


def programs(needs: Sequence[str], host: Host) -> tuple[Tool, ...]:
    """Programs that make calls by their names for features that are on; they may lie off make's PATH.

    Args:
        needs: capabilities of all features that are on.
    """
    names = dict.fromkeys(TOOLS[need] for need in needs if need in BUILDERS)
    return tuple(host.tools[name] for name in names)


def unneeded(recipe: Recipe, chosen: Sequence[FeatureChoice]) -> tuple[str, ...]:
    """Submodules that no feature that is on needs, of those that only features need."""
    wanted = {path for f in chosen if f.on for path in recipe.features[f.name].submodules}
    own = dict.fromkeys(path for f in chosen for path in recipe.features[f.name].submodules)
    return tuple(path for path in own if path not in wanted)


def decide(
    recipe: Recipe, host: Host, request: Request, complaints: Complaints, device: Device
) -> tuple[tuple[FeatureChoice, ...], tuple[Decision, ...]]:
    """Every feature of the recipe, on or off, in the recipe's order.

    A feature asked for that cannot be had is a complaint, and so is a default "on"; "auto" is off, with the reason.
    The device decides about CUDA itself.
    """
    choices: dict[str, FeatureChoice] = {}
    decisions: dict[str, Decision] = {}

    def visit(name: str) -> FeatureChoice:
        if name not in choices:
            choices[name], decisions[name] = _one(name, recipe, host, request, complaints, device, visit_required(name))
        return choices[name]

    def visit_required(name: str) -> list[FeatureChoice]:
        return [visit(other) for other in recipe.features[name].requires]

    for name in recipe.features:
        visit(name)
    return tuple(choices[n] for n in recipe.features), tuple(decisions[n] for n in recipe.features)


def _one(
    name: str,
    recipe: Recipe,
    host: Host,
    request: Request,
    complaints: Complaints,
    device: Device,
    required: list[FeatureChoice],
) -> tuple[FeatureChoice, Decision]:
    feature, wish = recipe.features[name], request.wanted.get(name)
    have, reasons, sources = _obstacles(feature, host, device, required)
    asked_for = wish is not None
    if "cuda" in feature.needs:
        wish, asked_for = device.kind == "gpu", device.asked
        reasons = [] if wish else [device.why]  # why there is no toolkit was said where it was looked for
    elif "cudnn" in feature.needs and request.cudnn is not None:
        wish = asked_for = True
    mandatory = wish is True or (wish is None and feature.default == "on")
    if "cuda" in feature.needs and not wish:
        on, why = False, device.why
    elif wish is False:
        on, why = False, f"--without {name}"
    elif wish is None and feature.default == "off":
        on, why = False, "off unless asked for"
    elif reasons:
        on, why = False, "; ".join(reasons)
    else:
        on, why = True, "; ".join(have) or ("--with " + name if wish else "the recipe's default")
    if reasons and mandatory:
        asked = f"--with {name}: " if wish else f"{name}: "
        if wish and request.wanted.get(name) is None:
            asked = f"--cudnn {request.cudnn}: "
        cure = remedy(recipe, host, feature.apt)
        complaints.add(asked + why, cure or f"--without {name}", without=name)
    choice = FeatureChoice(name=name, on=on, asked=asked_for, why=why)
    decision = Decision(
        subject=name, kind="feature", choice="on" if on else "off", why=why, asked=asked_for, sources=sources
    )
    return choice, decision


def _obstacles(
    feature: Feature, host: Host, device: Device, required: list[FeatureChoice]
) -> tuple[list[str], list[str], tuple[str, ...]]:
    have: list[str] = []
    reasons: list[str] = []
    sources: list[str] = []
    for need, wanted in feature.needs.items():
        if need in CUDA_CAPABILITIES:
            if need not in device.reasons:
                continue  # built for the CPU: what it requires is off, which is reason enough
            matched, source = device.reasons[need]
        else:
            matched, source = capability(host, need, wanted)
        (have if matched.ok else reasons).append(matched.why)
        sources += [source] if source else []
    reasons += [f"it requires {other.name}, which is off" for other in required if not other.on]
    if feature.arch and (machine := host.os.arch.value) not in feature.arch:
        reasons.append(f"the machine is {machine}; upstream has it for {' and '.join(feature.arch)}")
    return have, reasons, tuple(sources)
