"""`mxbuild new-operator`."""

import os
import shlex
import sys

import click

from mxbuild.cli.group import Verb
from mxbuild.cli.options import json_option

EXAMPLES = (
    ("mxbuild new-operator soft_limit", "a project with an operator in Python, and its test"),
    ("mxbuild new-operator soft_limit --cpp", "the same operator in C++ as well"),
)


@click.command("new-operator", cls=Verb, examples=EXAMPLES)
@click.argument("name", metavar="NAME")
@click.option("--cpp", is_flag=True, help="With the operator in C++, to be compiled into MXNet's library.")
@click.option(
    "--directory", metavar="DIR", type=click.Path(file_okay=False), help="Where it is written. [default: ./NAME]"
)
@json_option
def command(*, name: str, cpp: bool, directory: str | None, json: bool) -> None:
    """Write a project with an operator of your own, NAME: its code, its test, and how to go on.

    The test holds backward against the numeric gradient. Nothing that is there is written over.
    """
    from mxbuild import scaffold

    root = os.path.abspath(os.path.expanduser(directory or name))
    written = scaffold.operator(name, root, cpp=cpp)
    if json:
        from mxbuild.ui.events import document

        click.echo(document({"ok": True, "directory": root, "files": written}))
        return
    from mxbuild.ui.console import screen
    from mxbuild.ui.operator import made

    out = screen(sys.stdout, os.environ)
    out.show(*made(root, written, shlex.quote(os.path.relpath(root)), cpp=cpp))
