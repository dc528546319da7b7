"""`mxbuild key`."""

import click

from mxbuild.cli.group import Verb
from mxbuild.cli.invocation import Invocation
from mxbuild.cli.options import Asked, recipe_argument, request_options

EXAMPLES = (
    ("mxbuild key", "mxnet-0.12.1-cpu-py3.11-34f5815f"),
    ("echo key=$(mxbuild key mxnet-1.0.0 --cpu) >> $GITHUB_OUTPUT", "the key of a cache in a CI job"),
)


@click.command("key", cls=Verb, examples=EXAMPLES)
@recipe_argument
@request_options
def command(call: Invocation, asked: Asked) -> None:  # noqa: ARG001
    """Print a name for what install would make here, as the key of a cache.

    It is the environment's own name, and changes with all that shapes it: release, flags, compiler, libraries,
    interpreter, pins. Nothing is changed or asked of a network.
    """
    from mxbuild import pipeline
    from mxbuild.plan import environment_name
    from mxbuild.system import System

    build = pipeline.look(System(), asked.request, asked.where, asked.recipe_dirs).build
    name = environment_name(build)
    if asked.json:
        from mxbuild.ui.events import document

        click.echo(document({"key": name, "fingerprint": build.fingerprint}))
    else:
        click.echo(name)
