"""`mxbuild completion`."""

import os

import click

from mxbuild.cli.group import Verb

EXAMPLES = (
    ("mxbuild completion --install", "for the shell that you use, as SHELL names it"),
    ("mxbuild completion zsh --install --rc", "with the line that .zshrc needs"),
    ("mxbuild completion bash > mxbuild.bash", "to put it somewhere yourself"),
    ('eval "$(mxbuild completion bash)"', "for this bash alone"),
)


@click.command("completion", cls=Verb, examples=EXAMPLES)
@click.argument("shell", required=False, type=click.Choice(("bash", "zsh", "fish")), metavar="[bash|zsh|fish]")
@click.option("--install", "installs", is_flag=True, help="Write the script to where the shell looks for it.")
@click.option("--print", "prints", is_flag=True, help="Print the script (the default).")
@click.option("--rc", "rc", is_flag=True, help="With --install: also the line that .bashrc or .zshrc needs.")
def command(*, shell: str | None, installs: bool, prints: bool, rc: bool) -> None:
    """Let TAB complete commands and options, and the names of recipes, environments, builds, features and processors.

    Prints a script for your shell, or puts it into place; says what was written, and how to undo it. Again: changes
    nothing.
    """
    from mxbuild.cli import shells
    from mxbuild.errors import UsageError

    if installs and prints:
        raise click.UsageError("--install and --print contradict each other")
    if rc and not installs:
        raise click.UsageError("--rc is about --install")
    name = shell or shells.current(os.environ)
    if not name:
        found = os.environ.get("SHELL", "")
        raise UsageError(
            f"SHELL is {found}, and there is no completion for it" if found else "SHELL does not say which shell",
            remedy="mxbuild completion bash; or zsh, or fish",
        )
    if not installs:
        click.echo(shells.script(name), nl=False)
        return
    from mxbuild.cli.placing import append, put, removal

    where = shells.place(name, os.environ)
    undo = [put(where.file, shells.script(name))]
    if rc and not shells.told(where):
        append(where.startup, f"{where.line}  {shells.MARK}")
    if shells.told(where):
        undo += [removal(where.startup, shells.MARK)] if where.line else []
        click.echo(f"each new {name} completes mxbuild")
    else:
        click.echo(f"{where.startup} needs this line at its end, or give --rc:\n\n    {where.line}\n")
    click.echo(f"undo: {' && '.join(undo)}")
