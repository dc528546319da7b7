"""`mxbuild recipes lock`."""

import os
from collections.abc import Iterator
from typing import TYPE_CHECKING

import click

from mxbuild.cli.group import Verb
from mxbuild.cli.options import recipe_dir_option

if TYPE_CHECKING:
    from datetime import datetime

    from mxbuild.recipe.model import Recipe

EXAMPLES = (
    ("mxbuild recipes lock mxnet-0.12.1", "for every interpreter that it takes"),
    ("mxbuild recipes lock ./my.toml --python 3.11", "for one; writes mxnet.lock beside my.toml"),
)
NEWEST = 30
"""Minor version of Python up to which a recipe's range is tried."""


@click.command("lock", cls=Verb, examples=EXAMPLES)
@click.argument("recipe")
@click.option("--python", "pythons", multiple=True, metavar="3.X", help="For this interpreter alone; may be repeated.")
@click.option(
    "--index", metavar="URL", envvar="PIP_INDEX_URL",
    help="The package index, one that answers in JSON. [env: PIP_INDEX_URL]",
)  # fmt: skip
@click.option(
    "--before", type=click.DateTime(["%Y-%m-%d"]), help="Of what is not pinned, nothing uploaded on that day or later."
)
@recipe_dir_option
def command(
    *, recipe: str, pythons: tuple[str, ...], index: str | None, before: "datetime | None", recipe_dirs: tuple[str, ...]
) -> None:
    """Write down every wheel that RECIPE's pins need, to the last one, with its SHA-256.

    What is locked is installed by its hashes alone. The lock is written beside the recipe, NAME.lock.
    """
    from mxbuild import durable
    from mxbuild.errors import UsageError
    from mxbuild.execute import locking
    from mxbuild.execute.wheelindex import Index
    from mxbuild.recipe import lockfile
    from mxbuild.recipe.find import find, search_path
    from mxbuild.recipe.load import load

    if not index:
        raise UsageError("which package index? name it with --index URL, or in PIP_INDEX_URL")
    path = find(recipe, search_path(os.environ, recipe_dirs))
    loaded = load(path)
    wanted = [row for row in sets(loaded) if not pythons or row[0] in pythons]
    if strange := [given for given in pythons if given not in {row[0] for row in wanted}]:
        takes = f"{loaded.id} takes {loaded.python.versions}; a minor version is wanted, like 3.11"
        raise UsageError(f"--python {strange[0]}: {takes}")
    made = locking.lock(
        wanted,
        Index(index),
        before=f"{before:%Y-%m-%d}" if before else "",
        say=lambda text: click.echo(text, err=True),
    )
    place = lockfile.beside(path, loaded.name)
    whole = lockfile.replaced(lockfile.read(place) or lockfile.Lockfile(), made)
    durable.write(place, lockfile.text(whole))
    click.echo(f"{place}: {len(made.sets)} sets of {len(made.wheels)} packages")


def sets(recipe: "Recipe") -> Iterator[tuple[str, tuple[str, ...], bool]]:
    """What is to be locked: interpreter, pins, whether they are complete by themselves."""
    from mxbuild.recipe.match import version_matches

    upstream = recipe.verify.upstream.packages if recipe.verify.upstream else ()
    for minor in range(NEWEST):
        python = f"3.{minor}"
        if not version_matches("Python", python, recipe.python.versions).ok:
            continue
        for rows, closed in ((recipe.python.requirements, False), (upstream, True)):
            row = next((row for row in rows if version_matches("Python", python, row.python).ok), None)
            if row is not None and row.packages:
                yield python, row.packages, closed
