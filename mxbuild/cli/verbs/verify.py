"""`mxbuild verify`."""

import os
import sys
import time
from typing import Any

import click

from mxbuild.cli.group import Verb
from mxbuild.cli.options import json_option, prefix_option

EXAMPLES = (
    ("mxbuild verify", "the current environment"),
    ("mxbuild verify mini", "another one: its name, or how it begins"),
)


@click.command("verify", cls=Verb, examples=EXAMPLES)
@click.argument("environment", required=False, metavar="[ENV]")
@prefix_option
@json_option
def command(*, environment: str | None, prefix: str | None, json: bool) -> None:
    """Verify an environment again: the library, every feature, every check. Exit code 0 or 8."""
    import msgspec

    from mxbuild.cli.progressing import consumer
    from mxbuild.environments import select
    from mxbuild.errors import VerificationError
    from mxbuild.execute.verify import verify_environment
    from mxbuild.locations import locations
    from mxbuild.model import StepFailed, StepFinished, StepStarted, counted
    from mxbuild.ui import events, receipt
    from mxbuild.ui.console import screen

    out, err = screen(sys.stdout, os.environ), screen(sys.stderr, os.environ)
    one = select(locations(os.environ, prefix).prefix, environment)
    title, started = f"Verify {one.name}", time.monotonic()
    with consumer(err, json=json) as told:
        told.watch(StepStarted(id="verify", title=title, why="asked for"))
        proof, found = verify_environment(one.path, os.environ, told.watch)
        seen = msgspec.structs.replace(proof, features=found.features, checks=found.checks, ok=found.ok)
        bad = [f"{check.name}: {check.detail}" for check in found.all if not check.ok]
        about: dict[str, Any] = {"id": "verify", "title": title, "seconds": time.monotonic() - started}
        if found.ok:
            told.watch(StepFinished(**about, detail=counted(found.all)))
        else:
            told.watch(StepFailed(**about, message=f"{len(bad)} of {len(found.all)} checks failed"))
    if not json:
        out.show(*receipt.tables(seen, out.glyphs))
    if not found.ok:
        raise VerificationError(
            f"{one.name} is not what was installed",
            details=bad,
            remedy=f"mxbuild uninstall {one.name}, then mxbuild install {proof.recipe}",
        )
    if json:
        click.echo(events.line(events.result(environment=one.path, receipt=seen)))
