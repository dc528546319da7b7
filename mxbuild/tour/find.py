"""Which tree is meant: a directory, an environment's, a release's; and how a release's source comes here."""

import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

from mxbuild.environments import installed, nearest
from mxbuild.errors import RecipeError, SourceError, UsageError
from mxbuild.execute import checkout
from mxbuild.locations import Locations
from mxbuild.model import Event, Paths
from mxbuild.recipe.find import find
from mxbuild.recipe.load import load
from mxbuild.recipe.model import Recipe


class Tree(NamedTuple):
    """A source tree."""

    root: str
    title: str
    package: str
    """Directory of the Python package below it."""


def locate(subject: str, where: Locations, path: Sequence[Path]) -> Tree:
    """The tree that is meant.

    Args:
        subject: a directory, an environment's name or its beginning, or a recipe.
        path: directories of recipes.

    Raises:
        UsageError: there is nothing of that name.
        SourceError: there is, but its source is not here; the remedy fetches it.
    """
    if "/" in subject or subject == ".":
        root = os.path.abspath(os.path.expanduser(subject))
        if not os.path.isdir(root):
            raise UsageError(f"there is no directory {root}")
        return Tree(root, os.path.basename(root), "python/mxnet")
    recipe = _recipe(subject, where, path)
    for root in _trees(recipe, where):
        if checkout.head(root) == recipe.source.commit:
            return Tree(root, f"{recipe.id} ({recipe.source.commit[:12]})", recipe.python.package)
    raise SourceError(f"the source of {recipe.id} is not here", remedy=f"mxbuild tour {recipe.id} --fetch")


def fetched(
    subject: str, where: Locations, path: Sequence[Path], mirror: str | None, environ: Mapping[str, str],
    watch: Callable[[Event], None],
) -> Tree:  # fmt: skip
    """The same, fetched where it is not here: the release's own repository, without those below it.

    Raises:
        UsageError: there is nothing of that name.
        SourceError: it cannot be had, or is not what the recipe pins.
    """
    with suppress(SourceError):
        return locate(subject, where, path)
    from mxbuild.execute.context import Context
    from mxbuild.execute.upstream import source

    recipe = _recipe(subject, where, path)
    nowhere = dict.fromkeys(Paths.__struct_fields__, "")
    paths = Paths(**{**nowhere, "prefix": where.prefix, "cache": where.cache, "state": where.state})
    file = find(recipe.id, path)
    embedded = str(file.parent.resolve() / recipe.source.embedded) if recipe.source.embedded else ""
    context = Context(environ=environ, watch=watch, paths=paths, outcomes={})
    source.tree(recipe, embedded, mirror, "source", context)
    return locate(subject, where, path)


def _recipe(subject: str, where: Locations, path: Sequence[Path]) -> Recipe:
    """The recipe of that name, or the one that an environment was built by."""
    try:
        return load(find(subject, path))
    except RecipeError as error:
        known = installed(where.prefix)
        own = next((one for one in known if one.name.startswith(subject)), None)
        if own is None:
            hint = nearest(subject, [one.name for one in known])
            raise UsageError(
                f"there is no recipe, environment or directory {subject}{hint}",
                details=error.details,
                remedy="mxbuild recipes list",
            ) from error
        return load(find(own.receipt.recipe, path))


def _trees(recipe: Recipe, where: Locations) -> Iterator[str]:
    """Where a release's source may lie, what was changed last first."""
    own = f"{where.cache}/upstream/trees/{recipe.id}-{recipe.source.commit[:16]}"
    built = Path(where.cache, "trees").glob(f"{recipe.id}-*")
    yield from sorted(map(str, built), key=os.path.getmtime, reverse=True)
    yield own
