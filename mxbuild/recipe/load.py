"""A recipe file as a Recipe, or everything that is wrong with it, each with its line."""

from collections.abc import Iterator
from pathlib import Path

import msgspec

from mxbuild.recipe import locate
from mxbuild.recipe.check import check
from mxbuild.recipe.fault import Fault
from mxbuild.recipe.layers import layers
from mxbuild.recipe.model import Recipe
from mxbuild.recipe.read import refused
from mxbuild.recipe.structure import structure


def load(path: Path) -> Recipe:
    """Read and check a recipe, with all that it extends.

    Raises:
        RecipeError: it cannot be read, is no TOML, or has faults; `details` holds all of them, by file and line.
    """
    whole = layers(path)
    faults: list[Fault] = []
    recipe = structure(whole.data, Recipe, (), faults)
    spoiled = {fault.path for fault in faults if not fault.spoils} | {p for fault in faults for p in fault.spoils}
    faults += [fault for fault in check(recipe) if spoiled.isdisjoint(_above(fault))]
    if faults:
        raise refused(path, whole.rendered(faults))
    return msgspec.convert(whole.data, Recipe)


def _above(fault: Fault) -> Iterator[locate.Path]:
    """The paths below which the fault lies, or that below which lies what it comes of."""
    for path in (fault.path, fault.about or fault.path):
        yield from (path[:length] for length in range(len(path) + 1))
