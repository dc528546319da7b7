"""`mxbuild uninstall`."""

import os
import sys

import click

from mxbuild.cli.group import Verb
from mxbuild.cli.options import json_option, prefix_option

EXAMPLES = (
    ("mxbuild uninstall mini-cpu-py3.11-1a2b3c4d", "its name, or how it begins"),
    ("mxbuild uninstall mini --wheel --yes", "with its wheel, and without being asked"),
)


@click.command("uninstall", cls=Verb, examples=EXAMPLES)
@click.argument("environment", metavar="ENV")
@click.option("--wheel", is_flag=True, help="Its wheel too, where no other environment has it.")
@click.option("--yes", "-y", is_flag=True, help="Do not ask.")
@prefix_option
@json_option
def command(*, environment: str, wheel: bool, yes: bool, prefix: str | None, json: bool) -> None:
    """Remove an environment. Packages, sources and other environments stay."""
    from mxbuild.environments import select, uninstall
    from mxbuild.errors import Interrupted, UsageError
    from mxbuild.locations import locations
    from mxbuild.ownership import check
    from mxbuild.ui import events
    from mxbuild.ui.quantities import size

    where = locations(os.environ, prefix)
    check(where)
    one = select(where.prefix, environment, unambiguous=True)
    asks = not (yes or json) and sys.stdin.isatty() and sys.stderr.isatty()
    if asks and not click.confirm(f"Remove {one.path}?", default=True, err=True):
        raise Interrupted("nothing was removed")
    try:
        freed = uninstall(where.prefix, one, wheel=wheel)
    except OSError as error:
        raise UsageError(f"{one.path} cannot be removed: {error.strerror}") from error
    if json:
        click.echo(events.line(events.result(removed=one.name, freed=freed)))
        return
    click.echo(f"removed {one.name}, {size(freed)} freed")
    if one.current:
        click.echo("no environment is the current one now; mxbuild install RECIPE makes one so")
