"""Which releases have a flag: over all recipes of one name. Pure."""

from collections.abc import Sequence
from typing import NamedTuple

from mxbuild.recipe.model import Recipe


class Span(NamedTuple):
    """First and last release that has a flag."""

    since: str
    """"" where the oldest has it."""
    until: str
    """"" where the newest has it."""


def history(recipes: Sequence[Recipe], name: str) -> dict[str, Span]:
    """Flag -> first and last release of the recipes called `name` that have it; in the order they came."""
    from packaging.version import InvalidVersion, Version

    def order(recipe: Recipe) -> tuple[bool, Version | None, str]:
        try:
            return False, Version(recipe.release), ""
        except InvalidVersion:  # a release of one's own may be called anything
            return True, None, recipe.date

    line = sorted((r for r in recipes if r.name == name), key=order)
    spans: dict[str, list[str]] = {}
    for recipe in line:
        for flag in recipe.flags:
            spans.setdefault(flag, []).append(recipe.release)
    ends = (line[0].release, line[-1].release) if line else ("", "")
    return {
        flag: Span("" if has[0] == ends[0] else has[0], "" if has[-1] == ends[1] else has[-1])
        for flag, has in spans.items()
    }
