"""`mxbuild man`."""

import os

import click

from mxbuild.cli.group import Verb

EXAMPLES = (
    ("mxbuild man | man -l -", "read it"),
    ("mxbuild man --install", "so that `man mxbuild` finds it; pipx and pip do that themselves"),
)


@click.command("man", cls=Verb, examples=EXAMPLES)
@click.option("--install", "installs", is_flag=True, help="Write it to where man looks for pages of this user's.")
def command(*, installs: bool) -> None:
    """Print the manual page: every command, option, example, exit code, variable and directory, in roff."""
    from mxbuild.cli import cli
    from mxbuild.cli.manual import manual
    from mxbuild.cli.placing import put
    from mxbuild.cli.tree import root
    from mxbuild.version import version

    page = manual(root(cli), version())
    if not installs:
        click.echo(page, nl=False)
        return
    data = os.environ.get("XDG_DATA_HOME") or os.path.expanduser("~/.local/share")
    undo = put(f"{data}/man/man1/mxbuild.1", page)
    click.echo(f"man mxbuild shows it where {os.path.dirname(data)}/bin is on PATH; undo: {undo}")
