"""`mxbuild recipes`."""

import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from mxbuild.cli import drafting, wheellocking
from mxbuild.cli.group import Suggesting, Verb
from mxbuild.cli.invocation import Invocation
from mxbuild.cli.options import DEFAULT, json_option, recipe_dir_option

if TYPE_CHECKING:
    from mxbuild.recipe.model import Recipe


EXAMPLES = (
    ("mxbuild recipes", "which there are, and which can be built here"),
    ("mxbuild recipes show 1.6.0", "what one offers, takes and pins"),
    ("mxbuild recipes validate ./my.toml", "every fault of your own, with its line"),
)


@click.group("recipes", cls=Suggesting, examples=EXAMPLES, invoke_without_command=True)
@click.pass_context
def command(context: click.Context) -> None:
    """List, show, compare, check, draft and lock recipes. Without a command: list."""
    if context.invoked_subcommand is None:
        context.invoke(list_)


command.add_command(drafting.command)
command.add_command(wheellocking.command)


@command.command("list", cls=Verb, examples=(("mxbuild recipes list --recipe-dir .", "with those in this directory"),))
@recipe_dir_option
@json_option
def list_(*, recipe_dirs: tuple[str, ...] = (), json: bool = False) -> None:
    """List the recipes that there are, and which of them can be built on this machine."""
    from mxbuild import pipeline
    from mxbuild.errors import RecipeError
    from mxbuild.locations import locations
    from mxbuild.recipe.find import packaged
    from mxbuild.system import System
    from mxbuild.ui import events, recipes
    from mxbuild.ui.console import screen

    found, faulty = every(recipe_dirs)
    complaints = pipeline.survey(System(), [recipe for recipe, _ in found], locations(os.environ, None))
    if json:
        rows = [
            {
                "id": r.id, "release": r.release, "date": r.date, "summary": r.summary, "path": str(path),
                "build": r.build_systems,
                "python": r.python.versions, "cuda": r.cuda.versions if r.cuda else None, "proved": r.proved,
                "complaints": [c._asdict() for c in against],
            }
            for (r, path), against in zip(found, complaints, strict=True)
        ]  # fmt: skip
        click.echo(events.document(rows))
    else:
        out = screen(sys.stdout, os.environ)
        listed = [
            recipes.Listed(r, "" if path.parent == packaged() else str(path), tuple(c.text for c in against))
            for (r, path), against in zip(found, complaints, strict=True)
        ]
        out.show(*recipes.many(listed, out.glyphs))
    if faulty:
        raise RecipeError(f"{len(faulty)} recipes have faults", details=faulty)


def every(recipe_dirs: tuple[str, ...]) -> tuple[list[tuple["Recipe", Path]], list[str]]:
    """Every recipe that loads, oldest release first, with its file; and how to look at those that do not."""
    from mxbuild.recipe.find import available, search_path

    found: list[tuple[Recipe, Path]] = []
    faulty: list[str] = []
    for name, path in available(search_path(os.environ, recipe_dirs)):
        if (recipe := _loaded(path)) is not None:
            found.append((recipe, path))
        else:
            faulty.append(f"{name}: mxbuild recipes validate {path}")
    return sorted(found, key=lambda pair: (pair[0].name, pair[0].date)), faulty


def _loaded(path: Path) -> "Recipe | None":
    from mxbuild.errors import RecipeError
    from mxbuild.recipe.load import load

    try:
        return load(path)
    except RecipeError:
        return None


@command.command(
    "show", cls=Verb, examples=((f"mxbuild recipes show {DEFAULT}", "its features, flags, rules and pins"),)
)
@click.argument("recipe", default=DEFAULT, metavar="[RECIPE]")
@recipe_dir_option
@json_option
def show(*, recipe: str, recipe_dirs: tuple[str, ...], json: bool) -> None:
    """Show what RECIPE offers, takes and is made of."""
    from mxbuild.recipe.find import find, search_path
    from mxbuild.recipe.load import load
    from mxbuild.ui import events, recipes
    from mxbuild.ui.console import screen

    path = find(recipe, search_path(os.environ, recipe_dirs))
    loaded = load(path)
    if json:
        click.echo(events.document(loaded))
        return
    out = screen(sys.stdout, os.environ)
    out.show(*recipes.one(loaded, str(path)))


@command.command(
    "diff",
    cls=Verb,
    examples=((f"mxbuild recipes diff {DEFAULT} mxnet-1.9.1", "flags, pins, ranges, features, rules"),),
)
@click.argument("first")
@click.argument("second")
@recipe_dir_option
@json_option
def diff(*, first: str, second: str, recipe_dirs: tuple[str, ...], json: bool) -> None:
    """Show what the recipe SECOND has otherwise than FIRST."""
    from mxbuild.recipe.diff import differences
    from mxbuild.recipe.find import find, search_path
    from mxbuild.recipe.load import load
    from mxbuild.ui import events, recipes
    from mxbuild.ui.console import screen

    where = search_path(os.environ, recipe_dirs)
    one, other = load(find(first, where)), load(find(second, where))
    found = differences(one, other)
    if json:
        rows = {title: [row._asdict() for row in rows] for title, rows in found.items()}
        click.echo(events.document({"first": one.id, "second": other.id, "differences": rows}))
        return
    out = screen(sys.stdout, os.environ)
    out.show(*recipes.compared(one, other, found))


@command.command("validate", cls=Verb, examples=(("mxbuild recipes validate my.toml", "every fault, with its line"),))
@click.argument("file", type=click.Path(path_type=Path))
@json_option
def validate(*, file: Path, json: bool) -> None:
    """Check a recipe file: every fault with its line, and exit code 3."""
    from mxbuild.recipe.load import load
    from mxbuild.ui import events

    recipe = load(file)
    click.echo(events.line(events.result(recipe=recipe.id)) if json else f"{file}: {recipe.id}, no faults")


@command.command("schema", cls=Verb, examples=(("mxbuild recipes schema > recipe.schema.json", "for your editor"),))
@click.pass_obj
def schema(call: Invocation) -> None:
    """Print the JSON Schema of recipe files."""
    from mxbuild.recipe.schema import schema as made
    from mxbuild.ui.events import document

    del call
    click.echo(document(made()))
