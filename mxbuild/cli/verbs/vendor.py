"""`mxbuild vendor`."""

import os
import sys
from typing import TYPE_CHECKING

import click

from mxbuild.cli.group import Verb
from mxbuild.cli.invocation import Invocation
from mxbuild.cli.options import Asked, recipe_argument, request_options

if TYPE_CHECKING:
    from mxbuild.model import Event

EXAMPLES = (
    ("mxbuild vendor", "all that the default release needs, for machines like this one"),
    ("mxbuild vendor mxnet-1.6.0 --cpu -o mxnet.tar", "another one, into a file of that name"),
    ("mxbuild install --vendored mxnet.tar", "there, without a network"),
)


@click.command("vendor", cls=Verb, examples=EXAMPLES)
@recipe_argument
@click.option(
    "-o", "--output", metavar="FILE", type=click.Path(dir_okay=False),
    help="What to write. [default: here, named after what it holds]",
)  # fmt: skip
@click.option("--no-mxbuild", is_flag=True, help="Leave out mxbuild itself and what sets it up.")
@request_options
def command(call: Invocation, asked: Asked, *, output: str | None, no_mxbuild: bool) -> None:
    """Gather into one file all that install would take from the network.

    Sources, Debian packages, wheels and mxbuild itself, each with its SHA-256, for bare machines of the same
    distribution, architecture and Python. Downloads are kept: a run that was stopped goes on.
    """
    from mxbuild import vendor
    from mxbuild.cli.progressing import consumer, heed_signals
    from mxbuild.model import StepFailed
    from mxbuild.system import System
    from mxbuild.ui import events
    from mxbuild.ui import vendor as shown
    from mxbuild.ui.console import screen

    heed_signals()
    out, err = screen(sys.stdout, os.environ), screen(sys.stderr, os.environ)
    call.resumable = True

    def watch(event: "Event") -> None:
        if isinstance(event, StepFailed):
            call.step = event.title
        told.watch(event)

    with consumer(err, json=asked.json, verbose=asked.verbose, quiet=asked.quiet) as told:
        made = vendor.make(
            System(), asked.request, asked.where, output, watch, recipe_dirs=asked.recipe_dirs, own=not no_mxbuild
        )
    if asked.json:
        fields = {"file": made.file, "size": made.size, "sha256": made.sha256, "manifest": made.manifest}
        click.echo(events.line(events.result(**fields)))
    elif not asked.quiet:
        out.show(*shown.screen(made, out.glyphs))
