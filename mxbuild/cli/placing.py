"""Files of a user's own that mxbuild is asked to write: said, and with what undoes it."""

import os
import shlex

import click


def put(path: str, text: str) -> str:
    """Write a file where it is not so already, and say which.

    Returns:
        The command that undoes it.

    Raises:
        UsageError: it cannot be written.
    """
    from mxbuild import durable
    from mxbuild.errors import UsageError

    try:
        with open(path, encoding="utf-8", errors="replace") as file:
            same = file.read() == text
    except OSError:
        same = False
    if not same:
        try:
            durable.write(os.path.realpath(path), text.encode())
        except OSError as error:
            raise UsageError(f"{path} cannot be written: {error.strerror}") from error
    click.echo(f"{path} is as it should be" if same else f"written: {path}")
    return f"rm {shlex.quote(path)}"


def append(path: str, line: str) -> None:
    """Add a line to a file that is the user's own, and say so; a link to it stays one.

    Raises:
        UsageError: it cannot be written.
    """
    from mxbuild import durable
    from mxbuild.errors import UsageError

    try:
        durable.append(os.path.realpath(path), line.encode())
    except OSError as error:
        raise UsageError(f"{path} cannot be written: {error.strerror}") from error
    click.echo(f"added to {path}: {line}")


def removal(path: str, mark: str) -> str:
    """The command that takes the lines that end with `mark` out of a file."""
    return f"sed -i --follow-symlinks {shlex.quote(f'/{mark}$/d')} {shlex.quote(path)}"
