"""`mxbuild check`."""

import os
import sys

import click

from mxbuild.cli.group import Verb
from mxbuild.cli.invocation import Invocation
from mxbuild.cli.options import Asked, recipe_argument, request_options

EXAMPLES = (
    ("mxbuild check", "can the default release be built here?"),
    ("mxbuild check mxnet-0.12.1 --with lapack --no-apt", "with LAPACK, and without new packages?"),
    ("mxbuild check --json", "for a program; exit code 0 or 4"),
)


@click.command("check", cls=Verb, examples=EXAMPLES)
@recipe_argument
@request_options
def command(call: Invocation, asked: Asked) -> None:
    """Say whether RECIPE can be built here and with what; if not, every reason with its remedy, and what can be.

    Takes a second, downloads nothing, changes nothing. Exit code 0: yes; 4: no.
    """
    from mxbuild import pipeline
    from mxbuild.system import System

    view = pipeline.look(System(), asked.request, asked.where, asked.recipe_dirs)
    build = view.build
    if asked.json:
        from mxbuild.ui.events import document, result

        click.echo(
            document(
                result(
                    recipe=build.recipe.id,
                    device=build.device,
                    features=build.features,
                    install=build.install,
                    decisions=build.decisions,
                    expected=build.expected,
                    fingerprint=build.fingerprint,
                )
            )
        )
    elif not asked.quiet:
        from mxbuild.ui.check import screen as verdict
        from mxbuild.ui.console import screen

        out = screen(sys.stdout, os.environ)
        out.show(*verdict(view.host, build, call.instead("install"), out.glyphs))
