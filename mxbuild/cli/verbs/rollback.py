"""`mxbuild rollback`."""

import os
import sys

import click

from mxbuild.cli.group import Verb
from mxbuild.cli.options import json_option, prefix_option

EXAMPLES = (
    ("mxbuild rollback", "to the environment before; again: to the one before that"),
    ("mxbuild rollback mini", "to another one: its name, or how it begins"),
)


@click.command("rollback", cls=Verb, examples=EXAMPLES)
@click.argument("environment", required=False, metavar="[ENV]")
@prefix_option
@json_option
def command(*, environment: str | None, prefix: str | None, json: bool) -> None:
    """Make the environment before the current one again, or ENV.

    It is verified first: where it is not what was installed, the current one stays. Nothing is removed.
    """
    from mxbuild.cli.progressing import consumer
    from mxbuild.cli.verifying import complaints, verified
    from mxbuild.environments import earlier, select
    from mxbuild.errors import UsageError, VerificationError
    from mxbuild.execute import switch
    from mxbuild.locations import locations
    from mxbuild.ownership import check
    from mxbuild.ui import events
    from mxbuild.ui.console import screen
    from mxbuild.ui.environments import switched

    where = locations(os.environ, prefix)
    check(where)
    out, err = screen(sys.stdout, os.environ), screen(sys.stderr, os.environ)
    current = f"{where.prefix}/current"
    before = switch.name(current)
    one = select(where.prefix, environment, unambiguous=True) if environment else earlier(where.prefix)
    if not one.current:
        with consumer(err, json=json) as told:
            _, found = verified(one, where, told, "before it becomes the current one")
        if not found.ok:
            stays = f"{before} stays the current one" if before else "no environment is the current one"
            raise VerificationError(
                f"{one.name} is not what was installed; {stays}",
                details=complaints(found),
                remedy=f"mxbuild verify --repair {one.name}, then the same command again",
            )
        try:
            (switch.to if environment else switch.back)(current, one.path)
        except OSError as error:
            raise UsageError(f"{current} cannot be switched: {error.strerror}") from error
    if json:
        fields = {"environment": one.path, "before": before or None, "unchanged": one.current}
        click.echo(events.line(events.result(**fields)))
    else:
        out.show(*switched(one, before, out.glyphs))
