"""`mxbuild verify`."""

import os
import sys
import time

import click

from mxbuild.cli.group import Verb
from mxbuild.cli.options import json_option, prefix_option, recipe_dir_option

EXAMPLES = (
    ("mxbuild verify", "the current environment"),
    ("mxbuild verify mini", "another one: its name, or how it begins"),
)


@click.command("verify", cls=Verb, examples=EXAMPLES)
@click.argument("environment", required=False, metavar="[ENV]")
@prefix_option
@recipe_dir_option
@json_option
def command(*, environment: str | None, prefix: str | None, recipe_dirs: tuple[str, ...], json: bool) -> None:
    """Verify an environment again: the library, every feature, every check. Exit code 0 or 8."""
    from mxbuild.cli.progressing import consumer
    from mxbuild.environments import select
    from mxbuild.errors import VerificationError
    from mxbuild.model import Request, StepFailed, StepFinished, StepStarted
    from mxbuild.pipeline import locations, recipe_of
    from mxbuild.ui import events, receipt
    from mxbuild.ui.console import screen
    from mxbuild.verification import verify

    out, err = screen(sys.stdout, os.environ), screen(sys.stderr, os.environ)
    where = locations(os.environ, prefix)
    one = select(where.prefix, environment)
    recipe, _ = recipe_of(Request(recipe=one.receipt.recipe), os.environ, recipe_dirs)
    title, started = f"Verify {one.name}", time.monotonic()
    with consumer(err, json=json) as told:
        told.watch(StepStarted(id="verify", title=title, why="asked for"))
        seen = verify(one, recipe, os.environ, where.state, told.watch)
        took, count = time.monotonic() - started, len(seen.checks) + sum(len(f.evidence) for f in seen.features)
        if seen.ok:
            told.watch(StepFinished(id="verify", title=title, seconds=took, detail=f"{count} checks passed"))
        else:
            told.watch(StepFailed(id="verify", title=title, seconds=took, message="not all is as it has to be"))
    if not json:
        out.show(*receipt.tables(seen.features, seen.checks, out.glyphs))
    if not seen.ok:
        raise VerificationError(
            f"{one.name} is not what was installed",
            remedy=f"mxbuild uninstall {one.name}, then mxbuild install {recipe.id}",
        )
    if json:
        click.echo(events.line(events.result(verified=seen)))
