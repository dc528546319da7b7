"""Which g++ builds: the default one if recipe and toolkit take it, else the newest that they take.

nvcc has no host compiler of its own: it is given this one.
"""

from mxbuild.model import Compiler, Decision, Host, Rejected
from mxbuild.recipe.match import version_matches
from mxbuild.recipe.model import Recipe
from mxbuild.resolve.complaints import Complaints
from mxbuild.resolve.distribution import release_of
from mxbuild.resolve.host_compiler import Limit, fits, packaged
from mxbuild.resolve.packages import INSTALL


def candidate(recipe: Recipe, host: Host, limit: Limit | None = None) -> Compiler | None:
    """The g++ on the machine that recipe and toolkit take; `host.compilers` has them best first."""
    return next((c for c in host.compilers if fits(recipe, c, limit).ok), None)


def package(recipe: Recipe, host: Host, limit: Limit | None = None) -> str:
    """The Debian package that gives a g++ that the recipe takes, where none is there; "" for none needed or none known.

    build-essential brings the default one; g++-N is wanted only where the default is outside the range.
    """
    if candidate(recipe, host, limit) is not None:
        return ""
    release = release_of(host.os)
    if release is None:
        return ""
    if version_matches("gcc", release.gcc, recipe.toolchain.gcc).ok and (not limit or limit.takes(release.gcc).ok):
        return ""
    numbers = packaged(recipe, host, limit)
    return f"g++-{numbers[0]}" if numbers else ""


def choose(
    recipe: Recipe, host: Host, complaints: Complaints, limit: Limit | None = None
) -> tuple[Compiler | None, Decision | None]:
    """The compiler with its reasons; complains where there is none."""
    chosen = candidate(recipe, host, limit)
    wanted = recipe.toolchain.gcc
    rejected = tuple(
        Rejected(f"{c.cxx} {c.version}", _why_not(recipe, c, chosen, limit)) for c in host.compilers if c is not chosen
    )
    if chosen is None:
        seen = ", ".join(f"{c.cxx} {c.version}" for c in host.compilers) or "no g++"
        also = f" that {limit.toolkit} takes ({limit.wanted})" if limit else ""
        text = f"no g++ in the range {wanted} of {recipe.id}{also} (found: {seen})"
        complaints.add(text, _remedy(recipe, host, limit))
        return None, None
    why = fits(recipe, chosen, limit).why
    if host.compilers[0] is not chosen:
        why += f"; the default, {host.compilers[0].cxx} {host.compilers[0].version}, does not"
    decision = Decision(
        subject="compiler",
        kind="compiler",
        choice=f"{chosen.cxx} {chosen.version}",
        why=why,
        rejected=rejected,
        sources=(chosen.source,),
    )
    return chosen, decision


def _why_not(recipe: Recipe, compiler: Compiler, chosen: Compiler | None, limit: Limit | None) -> str:
    fitting = fits(recipe, compiler, limit)
    return f"{chosen.cxx} comes first" if fitting.ok and chosen else fitting.why


def _remedy(recipe: Recipe, host: Host, limit: Limit | None) -> str:
    release = release_of(host.os)
    name = package(recipe, host, limit) or ("build-essential" if release else "")
    if not name or not host.apt.path:
        also = f" and {limit.wanted}" if limit else ""
        return f"install a g++ in {recipe.toolchain.gcc}{also}, on PATH as g++ or g++-N"
    return ("" if host.apt.right == "root" else "sudo ") + f"{INSTALL} {name}"
