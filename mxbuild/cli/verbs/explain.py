"""`mxbuild explain`."""

import os
import shlex
import sys

import click

from mxbuild.cli.group import Verb
from mxbuild.cli.invocation import Invocation
from mxbuild.cli.options import Asked, recipe_argument, request_options

EXAMPLES = (
    ("mxbuild explain opencv", "why OpenCV is on or off, and what follows"),
    ("mxbuild explain USE_LAPACK_PATH", "where the value of a make variable comes from"),
    ("mxbuild explain compiler --with lapack", "also: python, jobs, packages, device, ccache"),
)


@click.command("explain", cls=Verb, examples=EXAMPLES)
@click.argument("subject")
@recipe_argument
@request_options
def command(call: Invocation, asked: Asked, *, subject: str) -> None:
    """Give the reasons for one choice: a feature, a flag, compiler, python, jobs, packages, ..."""
    from mxbuild import pipeline
    from mxbuild.errors import RecipeError, UsageError
    from mxbuild.recipe.find import available, search_path
    from mxbuild.resolve.explain import explain
    from mxbuild.system import System

    del call
    try:
        build = pipeline.look(System(), asked.request, asked.where, asked.recipe_dirs).build
    except RecipeError:
        if subject in dict(available(search_path(os.environ, asked.recipe_dirs))):
            other = asked.request.recipe
            right = f"mxbuild explain {shlex.quote(other)} {subject}"
            raise UsageError(f"{subject} is a recipe, and stands behind what is asked about", remedy=right) from None
        raise
    explanation = explain(build, subject)
    if asked.json:
        from mxbuild.ui.events import document

        click.echo(document(explanation))
        return
    from mxbuild.ui.console import screen
    from mxbuild.ui.explain import screen as reasons

    out = screen(sys.stdout, os.environ)
    out.show(*reasons(explanation))
