"""Which g++ builds: the default one if the recipe takes it, else the newest that it takes."""

from mxbuild.model import Compiler, Decision, Host, Rejected
from mxbuild.recipe.match import version_matches
from mxbuild.recipe.model import Recipe
from mxbuild.resolve.complaints import Complaints
from mxbuild.resolve.distribution import release_of
from mxbuild.resolve.packages import INSTALL


def candidate(recipe: Recipe, host: Host) -> Compiler | None:
    """The g++ on the machine that the recipe takes; `host.compilers` has them best first."""
    return next((c for c in host.compilers if _fits(recipe, c)), None)


def package(recipe: Recipe, host: Host) -> str:
    """The Debian package that gives a g++ that the recipe takes, where none is there; "" for none needed or none known.

    build-essential brings the default one; g++-N is wanted only where the default is outside the range.
    """
    if candidate(recipe, host) is not None:
        return ""
    release = release_of(host.os)
    if release is None or version_matches("gcc", release.gcc, recipe.toolchain.gcc).ok:
        return ""
    numbers = [n for n in reversed(release.compilers) if version_matches("gcc", n, recipe.toolchain.gcc).ok]
    return f"g++-{numbers[0]}" if numbers else ""


def choose(recipe: Recipe, host: Host, complaints: Complaints) -> tuple[Compiler | None, Decision | None]:
    """The compiler with its reasons; complains where there is none."""
    chosen = candidate(recipe, host)
    wanted = recipe.toolchain.gcc
    rejected = tuple(
        Rejected(f"{c.cxx} {c.version}", _why_not(recipe, c, chosen)) for c in host.compilers if c is not chosen
    )
    if chosen is None:
        seen = ", ".join(f"{c.cxx} {c.version}" for c in host.compilers) or "no g++"
        complaints.add(f"no g++ in the range {wanted} of {recipe.id} (found: {seen})", _remedy(recipe, host))
        return None, None
    why = version_matches("gcc", chosen.version, wanted).why
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


def _fits(recipe: Recipe, compiler: Compiler) -> bool:
    return compiler.family == "gcc" and version_matches("gcc", compiler.version, recipe.toolchain.gcc).ok


def _why_not(recipe: Recipe, compiler: Compiler, chosen: Compiler | None) -> str:
    if compiler.family != "gcc":
        return "recipes state ranges for gcc only"
    matched = version_matches("gcc", compiler.version, recipe.toolchain.gcc)
    return f"{chosen.cxx} comes first" if matched.ok and chosen else matched.why


def _remedy(recipe: Recipe, host: Host) -> str:
    release = release_of(host.os)
    name = package(recipe, host) or ("build-essential" if release else "")
    if not name or not host.apt.path:
        return f"install a g++ in {recipe.toolchain.gcc}, on PATH as g++ or g++-N"
    return ("" if host.apt.right == "root" else "sudo ") + f"{INSTALL} {name}"
