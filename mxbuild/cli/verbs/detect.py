"""`mxbuild detect`."""

import os
import sys
from pathlib import Path

import click

from mxbuild.cli.group import Verb
from mxbuild.cli.options import json_option

EXAMPLES = (
    ("mxbuild detect", "what this machine has"),
    ("mxbuild detect --capture machine", "write it down, for a bug report"),
)


@click.command("detect", cls=Verb, examples=EXAMPLES)
@click.option(
    "--capture",
    metavar="DIR",
    type=click.Path(file_okay=False, path_type=Path),
    help="Write all that was looked at into DIR, without the user's name or any secret.",
)
@json_option
def command(*, capture: Path | None, json: bool) -> None:
    """Show what this machine has, each fact with the file or command that says so."""
    from mxbuild.detect import detect
    from mxbuild.errors import UsageError
    from mxbuild.locations import locations
    from mxbuild.system import System

    places = (locations(os.environ).cache,)
    if capture is None:
        host = detect(System(), places=places)
    else:
        from mxbuild.detect.capture import capture as write

        try:
            host = write(System(), capture, places)
        except OSError as error:
            raise UsageError(f"--capture {capture}: {error.strerror or error}") from error
    if json:
        from mxbuild.ui.events import document

        click.echo(document(host))
        return
    from mxbuild.ui.console import screen
    from mxbuild.ui.host import screen as facts

    out = screen(sys.stdout, os.environ)
    if capture is None:
        out.show(*facts(host, out.width))
    else:
        click.echo(f"written to {capture}")
