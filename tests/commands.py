"""Calls of mxbuild that stand in help texts and on pages: found in a line of shell, and parsed as a user's would be."""

import re
import shlex

import click

from mxbuild.cli import cli
from mxbuild.cli.invocation import Invocation
from mxbuild.cli.tree import root

CALL = re.compile(r"""(?:^|[\s"(])mxbuild(?: (.+))?$""")
AROUND = re.compile(r"\)|\s--(?:\s|$)|\s(?:#|\||&&|;|>>?)(?:\s|$)")
"""Where the shell goes on, or another program's words begin."""


def call_in(line: str) -> str | None:
    """What follows `mxbuild` in a line of shell, without what stands around it; None: no call is in it."""
    match = CALL.search(line)
    return AROUND.split(match[1] or "")[0].strip() if match else None


def parse(call: str) -> str:
    """Read a call as the command line does.

    Returns:
        The command's whole name.

    Raises:
        click.ClickException: what is wrong with it.
    """
    context = root(cli)
    context.obj = Invocation(())
    words = shlex.split(call)
    if words[:1] == ["run"]:
        words += ["--", "true"]
    while isinstance(context.command, click.Group) and words:
        name, command, words = context.command.resolve_command(context, words)
        assert command is not None
        context = command.make_context(name, words, parent=context)
        words = [*context._protected_args, *context.args] if isinstance(command, click.Group) else []
    return context.command_path
