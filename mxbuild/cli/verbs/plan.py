"""`mxbuild plan`."""

import os
import sys

import click

from mxbuild.cli.group import Verb
from mxbuild.cli.invocation import Invocation
from mxbuild.cli.options import Asked, recipe_argument, request_options

EXAMPLES = (
    ("mxbuild plan", "every step, and why it runs or not"),
    ("mxbuild plan -v", "with make variables and command lines"),
    ("mxbuild plan --format sh > build.sh", "the same as a script to read and run yourself"),
    ("mxbuild plan --format dockerfile > Dockerfile", "an image of this distribution that has it"),
)


@click.command("plan", cls=Verb, examples=EXAMPLES)
@recipe_argument
@click.option(
    "--format", "form", type=click.Choice(["text", "json", "sh", "dockerfile"]), default="text",
    help="sh: one runnable shell script; dockerfile: an image.",
)  # fmt: skip
@request_options
def command(call: Invocation, asked: Asked, *, form: str) -> None:
    """Show exactly what install would do. Nothing is changed."""
    if asked.json and form in ("sh", "dockerfile"):
        raise click.UsageError(f"--json and --format {form} contradict each other")
    call.json = call.json or form == "json"
    if form == "dockerfile":
        from mxbuild.cli.imaging import show as show_dockerfile

        show_dockerfile(asked)
        return
    show(asked, "json" if asked.json else form)


def show(asked: Asked, form: str) -> None:
    """Make the plan and print it.

    Args:
        form: text, json, or sh.
    """
    from mxbuild import pipeline, script
    from mxbuild.system import System

    view = pipeline.look(System(), asked.request, asked.where, asked.recipe_dirs)
    plan = pipeline.prepare(view, asked.where)
    if form == "json":
        from mxbuild.ui.events import document

        click.echo(document(plan))
    elif form == "sh":
        click.echo(script.render(plan), nl=False)
    else:
        from mxbuild.ui.console import screen
        from mxbuild.ui.plan import screen as rendered

        out = screen(sys.stdout, os.environ)
        out.show(*rendered(plan, out.glyphs, verbose=asked.verbose))
