"""Every CUDA toolkit that could be had: what is here, the distribution's package, NVIDIA's packages on PyPI."""

from typing import Literal

import msgspec

from mxbuild.model import Bundle, Host, Request, Toolkit
from mxbuild.recipe.match import version_matches
from mxbuild.recipe.model import Recipe
from mxbuild.resolve import python
from mxbuild.resolve.bundle import bundle, bundled_toolkit
from mxbuild.resolve.cuda_releases import number, table
from mxbuild.resolve.distribution import Release, release_of
from mxbuild.resolve.expected import CUDA_PACKAGE, toolkit_of
from mxbuild.resolve.packages import permitted

SWITCHED_ON = ("main", "universe", "multiverse", "restricted")
"""Components of the archive that a fresh installation asks for packages."""


class Offer(msgspec.Struct, frozen=True, kw_only=True):
    """A toolkit, how it gets here, and what of the machine speaks against that."""

    toolkit: Toolkit
    origin: Literal["system", "apt", "wheels"]
    bundle: Bundle | None = None
    package: str = ""
    """Debian package that apt-get has to install first."""
    size: str = ""
    """What is downloaded, in words."""
    against: tuple[str, ...] = ()
    fresh: bool = True
    """Whether it is to be had without switching on anything first."""

    @property
    def title(self) -> str:
        """`CUDA 11.8.89 (/usr/local/cuda-11.8)`."""
        where = {"system": self.toolkit.root or self.toolkit.nvcc, "apt": CUDA_PACKAGE, "wheels": "NVIDIA's wheels"}
        return f"CUDA {self.toolkit.version} ({where[self.origin]})"


def offers(recipe: Recipe, host: Host, request: Request, directory: str) -> tuple[Offer, ...]:
    """All that the request leaves open, in the order of preference.

    Args:
        directory: where toolkits are put together; "" for nowhere.
    """
    found: list[Offer] = []
    wish, debian = request.cuda_from, [t for t in host.toolkits if t.layout == "debian"]
    by_path = request.cuda is not None and "/" in request.cuda
    if wish in ("auto", "system"):
        newest = sorted(host.toolkits, key=lambda t: number(t.version), reverse=True)
        found += [Offer(toolkit=t, origin="system") for t in newest]
    if wish == "apt" and debian:
        found += [Offer(toolkit=t, origin="apt") for t in debian]
    if not by_path:
        more = []
        if wish in ("auto", "apt") and not debian and (offer := _apt(host, request)):
            more.append(offer)
        if wish in ("auto", "wheels") and directory:
            more.append(_wheels(recipe, host, request, directory))
        found += sorted(more, key=lambda offer: not offer.fresh)
    return tuple(offer for offer in found if _meant(offer, request.cuda))


def _meant(offer: Offer, wanted: str | None) -> bool:
    """Whether `--cuda PATH|VERSION` leaves it open."""
    if wanted is None:
        return True
    toolkit = offer.toolkit
    if "/" in wanted:
        return toolkit.found == "--cuda" or wanted.rstrip("/") in (toolkit.root, toolkit.nvcc.removesuffix("/bin/nvcc"))
    versions = [number(toolkit.version), *([number(offer.bundle.version)] if offer.bundle else [])]
    asked = number(wanted)
    return bool(asked) and any(v[: len(asked)] == asked for v in versions)


def _apt(host: Host, request: Request) -> Offer | None:
    release = release_of(host.os)
    if release is None or not release.cuda:
        return None
    against = []
    if host.os.arch.value != "x86_64":
        against.append(f"looked at for x86_64 only, and this machine is {host.os.arch.value}")
    if host.surroundings.wsl:
        against.append("it brings a driver for Linux, which must not be installed in WSL")
    if host.apt.components and release.cuda_component not in host.apt.components:
        against.append(f"{release.cuda_component} is not in apt's sources; to have it: {_enable(release)}")
    if not request.apt:
        against.append("--no-apt was given")
    elif request.cuda_from == "auto" and not permitted(host, request):
        against.append(f"mxbuild may not install packages here: {host.apt.right_source}")
    return Offer(
        toolkit=toolkit_of(release, host.os.triplet),
        origin="apt",
        package=CUDA_PACKAGE,
        size=_apt_size(host, release),
        against=tuple(against),
        fresh=_switched_on(host, release),
    )


def _enable(release: Release) -> str:
    """The line that switches the component on."""
    if release.id == "ubuntu":
        return f"sudo add-apt-repository {release.cuda_component}"
    return f"{switch_on(release.cuda_component, 'sudo ')} && sudo apt-get update"


def switch_on(component: str, sudo: str = "") -> str:
    """What adds a component of Debian's, and contrib, to apt's sources, in whichever of the two forms they are."""
    line = r"^(Components:|deb .*debian.*) main"
    return f"grep -rlE '{line}' /etc/apt/sources.list* | {sudo}xargs sed -i -E 's/{line}/& contrib {component}/'"


def _switched_on(host: Host, release: Release) -> bool:
    """Whether apt has the component: its lists are here, or none are and the distribution has it on from the start."""
    return release.cuda_component in (host.apt.components or SWITCHED_ON)


def _apt_size(host: Host, release: Release) -> str:
    least = "about" if release.cuda_whole else "more than"
    text = f"{least} {release.cuda_size / 1000:.1f} GB from {release.cuda_component}"
    return text if _switched_on(host, release) else f"{text}, which has to be in apt's sources"


def _wheels(recipe: Recipe, host: Host, request: Request, directory: str) -> Offer:
    chosen, wanted = bundle(), table().wheels
    against = []
    if host.os.arch.value != wanted.arch:
        against.append(f"they are for {wanted.arch}, and this machine is {host.os.arch.value}")
    libc = host.os.libc.value if host.os.libc else ""
    if libc and not (matched := version_matches("glibc", libc, wanted.glibc)).ok:
        against.append(matched.why)
    interpreter = python.candidate(recipe, host, request)
    if interpreter and not (matched := version_matches("Python", interpreter.version, wanted.python)).ok:
        against.append(f"{matched.why}: its pip does not know these wheels")
    return Offer(
        toolkit=bundled_toolkit(chosen, directory),
        origin="wheels",
        bundle=chosen,
        size=f"{chosen.size / 1e9:.1f} GB from {'the vendored file' if request.vendored else 'PyPI'}",
        against=tuple(against),
    )
