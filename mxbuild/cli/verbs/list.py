"""`mxbuild list`."""

import os
import sys

import click

from mxbuild.cli.group import Verb
from mxbuild.cli.options import json_option, prefix_option


@click.command("list", cls=Verb, examples=(("mxbuild list", "every environment; the current one is marked"),))
@prefix_option
@json_option
def command(*, prefix: str | None, json: bool) -> None:
    """List the environments."""
    from mxbuild.environments import installed, size
    from mxbuild.locations import locations

    where = locations(os.environ, prefix)
    found = [(one, size(one.path)) for one in installed(where.prefix)]
    if json:
        from mxbuild.ui.events import document

        rows = [
            {"name": i.name, "path": i.path, "current": i.current, "bytes": taken, "receipt": i.receipt}
            for i, taken in found
        ]
        click.echo(document(rows))
        return
    from mxbuild.ui.console import screen
    from mxbuild.ui.environments import screen as table

    out = screen(sys.stdout, os.environ)
    if found:
        out.show(*table(found, out.glyphs))
    else:
        click.echo(f"nothing is installed under {where.prefix}")
