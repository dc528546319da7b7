"""`mxbuild workers`."""

import os
import sys

import click

from mxbuild.cli.group import Suggesting, Verb
from mxbuild.cli.options import json_option, recipe_argument, recipe_dir_option

EXAMPLES = (
    ("mxbuild workers check --workers build1/8,build2/16", "through SSH, as --workers of install has them"),
    ("MXBUILD_WORKERS=build1/8 mxbuild workers check --json", "for a program"),
)


@click.group("workers", cls=Suggesting, examples=EXAMPLES[:1])
def command() -> None:
    """Try the machines that would compile as well."""


@command.command("check", cls=Verb, examples=EXAMPLES)
@recipe_argument
@click.option(
    "--workers", metavar="HOST/SLOTS,...", envvar="MXBUILD_WORKERS", required=True,
    help="The machines, as install takes them. [env: MXBUILD_WORKERS]",
)  # fmt: skip
@recipe_dir_option
@json_option
def check(*, recipe: str, workers: str, recipe_dirs: tuple[str, ...], json: bool) -> None:
    """Compile one file on each worker and here, and compare the objects to the byte.

    RECIPE says which compiler it is. A worker that cannot be used is an error, with its cause and cure.
    """
    from mxbuild import pipeline
    from mxbuild.errors import Complaint, HostError
    from mxbuild.execute import workercheck
    from mxbuild.locations import locations
    from mxbuild.model import Request
    from mxbuild.system import System
    from mxbuild.ui import events
    from mxbuild.ui import workers as screens
    from mxbuild.ui.console import screen

    request = Request(recipe=recipe, workers=workers)
    fleet, compiler, distcc = pipeline.fleet(System(), request, locations(os.environ, None), recipe_dirs)
    # One after the other: side by side they would share this machine, and none would be as fast as it is.
    rows = [workercheck.check(worker, compiler, distcc, os.environ) for worker in fleet]
    if json:
        click.echo(events.document(rows))
    else:
        out = screen(sys.stdout, os.environ)
        out.show(*screens.screen(rows, compiler, out.glyphs))
    if bad := [row for row in rows if not row.ok]:
        raise HostError(
            f"{len(bad)} of {len(rows)} workers cannot be used",
            complaints=[Complaint(f"{row.worker.name}: {row.cause}", row.remedy) for row in bad],
        )
