"""`mxbuild env`."""

import os
import shlex

import click

from mxbuild.cli.group import Verb
from mxbuild.cli.options import json_option, prefix_option

EXAMPLES = (
    ('eval "$(mxbuild env)"', "use the current environment in this shell"),
    ('eval "$(mxbuild env mini)"', "another one: its name, or how it begins"),
)


@click.command("env", cls=Verb, examples=EXAMPLES)
@click.argument("environment", required=False, metavar="[ENV]")
@prefix_option
@json_option
def command(*, environment: str | None, prefix: str | None, json: bool) -> None:
    """Print what a shell (sh, bash, zsh) has to evaluate to use an environment; only what is not so already."""
    from mxbuild.environments import exports, select
    from mxbuild.locations import locations

    one = select(locations(os.environ, prefix).prefix, environment)
    changes = exports(one, os.environ)
    if json:
        from mxbuild.ui.events import document

        click.echo(document(changes))
        return
    for name, value in changes.items():
        if value is None:
            click.echo(f"unset {name}")
        elif name == "PATH":
            # As the shell's own variable, so that the line can be kept in a file.
            click.echo(f'export PATH={shlex.quote(f"{one.path}/bin")}"${{PATH:+:$PATH}}"')
        else:
            click.echo(f"export {name}={shlex.quote(value)}")
