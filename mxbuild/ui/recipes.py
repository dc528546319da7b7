"""The recipes that there are, and one of them in full."""

from collections.abc import Iterable, Iterator

from rich.console import RenderableType
from rich.text import Text

from mxbuild.recipe.model import Recipe
from mxbuild.ui.console import HEAD, PIPED, text
from mxbuild.ui.layout import heading, rows


def render(recipe: Recipe, width: int = PIPED) -> str:
    """One recipe as plain text."""
    return text(*one(recipe), width=width)


def many(found: Iterable[tuple[Recipe, str]]) -> Iterator[RenderableType]:
    """A line for each recipe.

    Args:
        found: the recipe and its file; "" for those that came with mxbuild.
    """
    yield rows([(r.id, r.date, r.summary, path) for r, path in found], indent=0, fixed=2)


def one(recipe: Recipe, path: str = "") -> Iterator[RenderableType]:
    """What can be asked for, what it takes, and what it is made of."""
    yield Text.assemble((recipe.id, HEAD), f"  {recipe.date}, {recipe.summary}")
    if path:
        yield Text(path)
    yield heading("Features", "--with NAME, --without NAME")
    yield rows(
        [
            (name, f.default, f"{f.summary}{_conditions('needs', f.needs.items())}")
            for name, f in recipe.features.items()
        ],
        fixed=2,
    )
    owned = {flag for f in recipe.features.values() for flag in (*f.on, *f.off)}
    yield heading("Flags", "--set NAME=VALUE; those of a feature follow the feature")
    yield rows(
        [
            (name, str(f.value), " ".join(map(str, f.values)) or "any word", f.why)
            for name, f in recipe.flags.items()
            if name not in owned
        ],
        fixed=1,
    )
    yield heading("Takes")
    chain = recipe.toolchain
    takes = [("gcc", chain.gcc), ("make", chain.make), ("git", chain.git), ("python", recipe.python.versions)]
    yield rows([(name, wanted or "any") for name, wanted in takes])
    if recipe.compat:
        yield heading("Rules")
        yield rows([(c.id, f"{c.why}{_conditions('with', c.when.items())}") for c in recipe.compat])
    yield heading("Source")
    source = recipe.source
    yield rows(
        [(".", source.commit[:12], source.url), *((p, s.commit[:12], s.url) for p, s in source.submodules.items())],
        fixed=2,
    )
    yield heading("Proved by")
    yield rows([(", ".join(recipe.verify.checks),)], fixed=0)


def _conditions(word: str, ranges: Iterable[tuple[str, str]]) -> str:
    shown = ", ".join(f"{name} {wanted}".rstrip() for name, wanted in ranges)
    return f" ({word} {shown})" if shown else ""
