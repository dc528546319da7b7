"""Version ranges as sets of versions: whether one is empty, whether two have a version in common."""

import re
from collections.abc import Sequence
from functools import lru_cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from packaging.specifiers import SpecifierSet
    from packaging.version import Version

ENDLESS = re.compile(r"\d{19}")
"""Python makes no number of 4,301 digits, and packaging does not say that there is one."""


@lru_cache(maxsize=512)
def parse(text: str) -> "SpecifierSet":
    """The range.

    Raises:
        ValueError: it is none, in words.
    """
    from packaging.specifiers import InvalidSpecifier, SpecifierSet

    if "===" in text:
        raise ValueError(f'"{text}" is no version range: use == for one version')
    if ENDLESS.search(text):
        raise ValueError("a number in it has more digits than a version's")
    try:
        return SpecifierSet(text, prereleases=True)
    except InvalidSpecifier:
        raise ValueError(f'"{text}" is no version range like >=4.8,<13') from None


def samples(ranges: Sequence["SpecifierSet"]) -> dict["Version", str]:
    """Versions, in order, of which one lies in every stretch on whose edges the ranges agree; with their text.

    The edges themselves, a point right behind each of them, and 0. Edges are the versions named, and
    where `==4.*` and `~=4.8` end.
    """
    from packaging.version import Version

    edges: dict[tuple[int, ...], str] = {(0,): "0"}
    for specifier in (s for r in ranges for s in r):
        text = specifier.version.removesuffix(".*")
        release = Version(text).release
        edges[release] = text
        for length in range(1, len(release) + 1):
            end = (*release[: length - 1], release[length - 1] + 1)
            edges.setdefault(end, ".".join(map(str, end)))
    depth = max(map(len, edges))
    found: dict[Version, str] = {}
    for edge, text in edges.items():
        behind = ".".join(map(str, (*edge, *(0,) * (depth - len(edge)), 1)))
        found.setdefault(Version(behind), behind)
        found[Version(text)] = text
    return dict(sorted(found.items()))


def common(*ranges: "SpecifierSet") -> str:
    """The lowest version found in all of the ranges; "" where they have none in common."""
    return _lowest(tuple(map(str, ranges)), ())


def uncovered(whole: "SpecifierSet", parts: Sequence["SpecifierSet"]) -> str:
    """The lowest version found in `whole` that no part holds; "" where they cover it."""
    return _lowest((str(whole),), tuple(map(str, parts)))


@lru_cache(maxsize=1024)
def _lowest(within: tuple[str, ...], outside: tuple[str, ...]) -> str:
    """The lowest version in all of the one and none of the others; a recipe has the same ranges again and again."""
    every, none = [parse(text) for text in within], [parse(text) for text in outside]
    points = samples([*every, *none]).items()
    fit = (text for v, text in points if all(r.contains(v) for r in every) and not any(r.contains(v) for r in none))
    return next(fit, "")
