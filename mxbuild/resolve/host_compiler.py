"""Which g++ nvcc takes as its host compiler: the compiler of the whole build."""

import re

import msgspec

from mxbuild.model import Compiler, Host
from mxbuild.recipe.match import Matched, version_matches
from mxbuild.recipe.model import Recipe
from mxbuild.resolve.cuda_releases import Bad, Row, table
from mxbuild.resolve.distribution import release_of


class Limit(msgspec.Struct, frozen=True):
    """What a toolkit asks of g++, beside the recipe."""

    toolkit: str
    """ "CUDA 11.5.119"."""
    wanted: str
    bad: tuple[Bad, ...]

    def takes(self, version: str) -> Matched:
        """Whether nvcc works with this g++."""
        inside = version_matches("gcc", version, self.wanted)
        if not inside.ok:
            return Matched(False, f"{self.toolkit} takes gcc {self.wanted}: {inside.why}")
        for bad in self.bad:
            if version_matches("gcc", version, bad.gcc).ok:
                return Matched(False, f"not with {self.toolkit}: {bad.why} ({bad.source})")
        return Matched(True, f"{self.toolkit} takes gcc {self.wanted}")

    def takes_package(self, major: str) -> bool:
        """Whether it takes g++-N of a distribution, whichever minor release that is."""
        return self.takes(major).ok and (self.takes(f"{major}.99").ok or "." in major)


def limit(version: str, row: Row, ceiling: str) -> Limit:
    """The limit of a toolkit.

    Args:
        ceiling: newest gcc major by its own header, "" where that is not known; it beats the table.
    """
    wanted = row.gcc
    if re.fullmatch("[0-9]{1,9}", ceiling):
        floor = [part for part in row.gcc.split(",") if part.startswith(">")]
        wanted = ",".join([*floor, f"<{int(ceiling) + 1}"])
    bad = tuple(b for b in table().bad if version_matches("CUDA", version, b.toolkits).ok)
    return Limit(f"CUDA {version}", wanted, bad)


def fits(recipe: Recipe, compiler: Compiler, limit: Limit | None) -> Matched:
    """Whether recipe and toolkit take this compiler."""
    if compiler.family != "gcc":
        return Matched(False, "recipes state ranges for gcc only")
    matched = version_matches("gcc", compiler.version, recipe.toolchain.gcc)
    if not matched.ok or limit is None:
        return matched
    taken = limit.takes(compiler.version)
    return Matched(taken.ok, f"{matched.why}; {taken.why}" if taken.ok else taken.why)


def packaged(recipe: Recipe, host: Host, limit: Limit | None) -> tuple[str, ...]:
    """Every N of this distribution's g++-N that recipe and toolkit take, newest first."""
    release = release_of(host.os)
    if release is None or not host.apt.path:
        return ()
    return tuple(
        n
        for n in reversed(release.compilers)
        if version_matches("gcc", n, recipe.toolchain.gcc).ok and (limit is None or limit.takes_package(n))
    )


def obtainable(recipe: Recipe, host: Host, limit: Limit) -> Matched:
    """Whether there is, or can be installed, a g++ that recipe and toolkit take."""
    if any(fits(recipe, c, limit).ok for c in host.compilers) or packaged(recipe, host, limit):
        return Matched(True, "")
    seen = ", ".join(f"{c.cxx} {c.version}" for c in host.compilers) or "no g++"
    release = release_of(host.os)
    others = f"; {release.id} {release.version} has g++-{', g++-'.join(release.compilers)}" if release else ""
    why = [f"it takes gcc {limit.wanted}, {recipe.id} {recipe.toolchain.gcc} (here: {seen}{others})"]
    why += [f"{b.why} ({b.source})" for b in limit.bad]
    return Matched(False, "; ".join(why))
