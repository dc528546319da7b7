"""Which Debian packages are needed, which of them are missing, and whether they can be installed."""

from collections.abc import Sequence

from mxbuild.model import Decision, Host, PackageChoice, Request
from mxbuild.recipe.match import best_selector
from mxbuild.recipe.model import Recipe
from mxbuild.resolve.complaints import Complaints
from mxbuild.resolve.expected import brings, present

INSTALL = "apt-get install -y --no-install-recommends"


def capabilities(recipe: Recipe, request: Request) -> list[tuple[str, str]]:
    """(capability of [apt], why it is needed) for everything that the request can want."""
    rows = [(name, "every build needs it") for name in recipe.toolchain.apt]
    for name, feature in recipe.features.items():
        wish = request.wanted.get(name)
        if wish or (wish is None and feature.default != "off"):
            rows += [(capability, f"feature {name}") for capability in feature.apt]
    return rows


def needed(
    recipe: Recipe, host: Host, capabilities: Sequence[tuple[str, str]], extra: Sequence[tuple[str, str]]
) -> tuple[PackageChoice, ...]:
    """Packages for the capabilities, present or missing.

    Args:
        capabilities: (name in [apt], why it is needed).
        extra: (package, why) that a choice of compiler or interpreter asks for.

    A package is left out where what it brings is on the machine already and dpkg does not know it
    (a hand-built OpenCV needs no libopencv-dev).
    """
    chosen: dict[str, PackageChoice] = {}
    for capability, why in capabilities:
        for text in _names(recipe, host, capability):
            alternatives = [name.strip() for name in text.split("|")]
            have = next((n for n in alternatives if n in host.packages), None)
            if have is None and _otherwise(host, alternatives[0], capability):
                continue
            name = have or alternatives[0]
            chosen.setdefault(name, _choice(host, name, capability, why))
    for name, why in extra:
        chosen.setdefault(name, _choice(host, name, "toolchain", why))
    return tuple(chosen.values())


def ccache(host: Host, request: Request, packages: Sequence[PackageChoice]) -> tuple[PackageChoice, ...]:
    """ccache, where apt-get runs anyway: a help for the next build, no need of this one. Not for it alone."""
    name = "ccache"
    listed = any(p.name == name for p in packages)
    brought = name in host.packages or (name not in host.tools and missing(packages) and permitted(host, request))
    if request.ccache is False or listed or not brought:
        return ()
    return (_choice(host, name, "toolchain", "the next build of the same files takes seconds"),)


def missing(packages: Sequence[PackageChoice]) -> tuple[str, ...]:
    return tuple(p.name for p in packages if not p.installed)


def permitted(host: Host, request: Request) -> bool:
    """Whether missing packages can be installed by mxbuild."""
    return request.apt and bool(host.apt.path) and host.apt.right != "none"


def decide(host: Host, request: Request, packages: Sequence[PackageChoice], complaints: Complaints) -> Decision:
    """Says what will be installed and how; complains where packages are missing that mxbuild may not install."""
    absent = missing(packages)
    if not absent:
        return Decision(
            subject="packages",
            kind="packages",
            choice="none to install",
            why=f"all {len(packages)} are there" if packages else "none is needed",
            sources=(host.apt.source,),
        )
    line = f"{INSTALL} {' '.join(absent)}"
    if not request.apt:
        why = "--no-apt was given"
    elif not host.apt.path:
        why = "this machine has no apt-get"
    elif host.apt.right == "none":
        why = f"mxbuild may not install packages here: {host.apt.right_source}"
        complaints.add(
            f"{f'{len(absent)} packages are' if len(absent) > 1 else f'{absent[0]} is'} missing and {why}",
            f"sudo {line}   (or --no-apt, to build with what the machine has)",
        )
    else:
        how = "as root" if host.apt.right == "root" else "through sudo"
        return Decision(
            subject="packages",
            kind="packages",
            choice=" ".join(absent),
            why=f"{len(absent)} of {len(packages)} are missing; apt-get installs them {how}",
            sources=(host.apt.source,),
        )
    return Decision(
        subject="packages",
        kind="packages",
        choice="none to install",
        why=f"{why}; missing: {' '.join(absent)}",
        asked=not request.apt,
        sources=(host.apt.source,),
    )


def remedy(recipe: Recipe, host: Host, capabilities: Sequence[str]) -> str:
    """The line that installs what the capabilities need here; empty where apt is not the way."""
    names = [
        n for c in capabilities for t in _names(recipe, host, c) if (n := t.split("|")[0].strip()) not in host.packages
    ]
    sudo = "" if host.apt.right == "root" else "sudo "
    if not host.apt.path:
        return f"install what Debian calls {' '.join(names)}" if names else ""
    return f"{sudo}{INSTALL} {' '.join(names)}" if names else ""


def _names(recipe: Recipe, host: Host, capability: str) -> tuple[str, ...]:
    entry = recipe.apt[capability]
    best = best_selector(tuple(entry.on), host.os.id, host.os.version, host.os.like)
    return entry.on[best[0]] if best else entry.packages


def _otherwise(host: Host, package: str, capability: str) -> bool:
    """Whether the machine has what the package would bring, without dpkg knowing the package."""
    facts = brings(package)
    if facts:
        return all(present(host, fact) for fact in facts)
    if capability == "python":
        return any(p.venv and not p.system for p in host.pythons) and not any(p.system for p in host.pythons)
    return not host.apt.path  # a package that only dpkg can judge says nothing on a machine without dpkg


def _choice(host: Host, name: str, capability: str, why: str) -> PackageChoice:
    return PackageChoice(name=name, capability=capability, why=why, installed=host.packages.get(name, ""))
