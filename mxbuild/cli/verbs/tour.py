"""`mxbuild tour`."""

import os
import sys

import click

from mxbuild.cli.group import Verb
from mxbuild.cli.options import DEFAULT, json_option, mirror, mirror_option, prefix_option, recipe_dir_option

EXAMPLES = (
    ("mxbuild tour mxnet-1.6.0", "a release whose source an install has left here"),
    ("mxbuild tour mxnet-1.9.1 --fetch", "another one: its own repository is fetched"),
    ("mxbuild tour ./mxnet --calls", "any source tree, with every call into the library"),
)


@click.command("tour", cls=Verb, examples=EXAMPLES)
@click.argument("subject", default=DEFAULT, metavar="[RECIPE|ENV|DIR]")
@click.option("--calls", is_flag=True, help="List every call from Python into the library.")
@click.option("--fetch", is_flag=True, help="Fetch the release's repository, where its source is not here.")
@prefix_option
@mirror_option
@recipe_dir_option
@json_option
def command(
    *, subject: str, calls: bool, fetch: bool, prefix: str | None, mirror_: str | None, recipe_dirs: tuple[str, ...],
    json: bool,
) -> None:  # fmt: skip
    """Print the map of a release's source: where its operators, iterators, test helpers and its C interface lie.

    It is found by parsing the tree; nothing of it is run. DIR is told by a slash in it: ./mxnet.
    """
    from mxbuild.cli.progressing import consumer
    from mxbuild.locations import locations
    from mxbuild.recipe.find import search_path
    from mxbuild.tour import draw, fetched, locate
    from mxbuild.ui.console import screen

    where, path = locations(os.environ, prefix), search_path(os.environ, recipe_dirs)
    if fetch and json:  # one document, without the events of a fetch before it
        tree = fetched(subject, where, path, mirror(mirror_), os.environ, lambda event: None)
    elif fetch:
        with consumer(screen(sys.stderr, os.environ), json=False) as told:
            tree = fetched(subject, where, path, mirror(mirror_), os.environ, told.watch)
    else:
        tree = locate(subject, where, path)
    found = draw(tree.root, tree.title, tree.package)
    if json:
        from mxbuild.ui.events import document

        click.echo(document(found))
        return
    from mxbuild.ui.tour import screen as table

    out = screen(sys.stdout, os.environ)
    out.show(*table(found, calls=calls))
