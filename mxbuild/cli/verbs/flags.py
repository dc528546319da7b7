"""`mxbuild flags`."""

import os
import sys

import click

from mxbuild.cli.group import Verb
from mxbuild.cli.options import DEFAULT, json_option, recipe_dir_option

EXAMPLES = (
    (f"mxbuild flags {DEFAULT}", "every make flag of the release"),
    ("mxbuild flags mxnet-1.9.1 USE_F16C", "one: what it does, its values, which releases have it"),
)


@click.command("flags", cls=Verb, examples=EXAMPLES)
@click.argument("recipe", default=DEFAULT, metavar="[RECIPE]")
@click.argument("names", nargs=-1, metavar="[USE_X]...")
@recipe_dir_option
@json_option
def command(*, recipe: str, names: tuple[str, ...], recipe_dirs: tuple[str, ...], json: bool) -> None:
    """Show make flags of RECIPE: what each does, its values, and which releases have it."""
    from mxbuild.cli.verbs.recipes import every
    from mxbuild.errors import UsageError
    from mxbuild.recipe.fault import hint
    from mxbuild.recipe.find import find, search_path
    from mxbuild.recipe.history import history
    from mxbuild.recipe.load import load
    from mxbuild.ui import events, recipes
    from mxbuild.ui.console import screen

    loaded = load(find(recipe, search_path(os.environ, recipe_dirs)))
    spans = history([r for r, _ in every(recipe_dirs)[0] if r.id != loaded.id] + [loaded], loaded.name)
    wanted = [name.upper() for name in names] or list(loaded.flags)
    if strange := [name for name in wanted if name not in loaded.flags]:
        others = {name: f"; releases since {s.since or 'the first'} until {s.until or 'the last'} have it"
                  for name, s in spans.items()}  # fmt: skip
        faults = [f"{loaded.id} has no flag {name}{others.get(name) or hint(name, loaded.flags)}" for name in strange]
        raise UsageError(faults[0] if len(faults) == 1 else "there are no such flags", details=faults[1:] and faults)
    if json:
        rows = [
            {"name": name, "flag": loaded.flags[name], "since": spans[name].since, "until": spans[name].until}
            for name in wanted
        ]
        click.echo(events.document(rows))
        return
    out = screen(sys.stdout, os.environ)
    out.show(*recipes.flags(loaded, wanted, spans))
