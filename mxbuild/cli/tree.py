"""All commands there are: for completion, the manual page, the documentation, and the tests."""

from collections.abc import Iterator

import click


def root(command: click.Command, name: str = "mxbuild") -> click.Context:
    """A context for the top of a command line, as if nothing followed its name."""
    return command.context_class(command, info_name=name, **command.context_settings)


def walk(context: click.Context) -> Iterator[click.Context]:
    """A context for this command and for each below it, in the order of the help: its `command` and `command_path`."""
    yield context
    if isinstance(context.command, click.Group):
        for name in context.command.list_commands(context):
            if command := context.command.get_command(context, name):
                below = command.context_class(command, info_name=name, parent=context, **command.context_settings)
                yield from walk(below)
