"""`mxbuild notebook`."""

import os
import sys
from contextlib import ExitStack
from typing import TYPE_CHECKING

import click

from mxbuild.cli.group import Verb
from mxbuild.cli.options import json_option, prefix_option

if TYPE_CHECKING:
    from mxbuild.execute.notebook.launch import Asked
    from mxbuild.execute.notebook.provide import Ready
    from mxbuild.locations import Locations
    from mxbuild.ui.console import Screen

EXAMPLES = (
    ("mxbuild notebook", "JupyterLab on the current environment, in the browser"),
    ("mxbuild notebook mini --no-browser", "on another one; open the address that it prints"),
    ("mxbuild notebook --port 9000", "on this port or not at all"),
    ("mxbuild notebook --prepare", "install what it needs, and start nothing"),
)


@click.command("notebook", cls=Verb, examples=EXAMPLES)
@click.argument("environment", required=False, metavar="[ENV]")
@click.option("--no-browser", is_flag=True, help="Open no browser; the address is printed.")
@click.option("--port", type=click.IntRange(1, 65535), metavar="N", help="Listen there. [default: 8888, or the next]")
@click.option("--ip", metavar="ADDRESS", help="Listen on another address than the loopback's, 127.0.0.1.")
@click.option("--prepare", is_flag=True, help="Install what is needed, and start nothing.")
@prefix_option
@json_option
@click.option("-v", "--verbose", is_flag=True, help="Show more: pip's output, and all that Jupyter says.")
def command(
    *,
    environment: str | None,
    no_browser: bool,
    port: int | None,
    ip: str | None,
    prepare: bool,
    prefix: str | None,
    json: bool,
    verbose: bool,
) -> None:
    """Start JupyterLab on an environment, in this directory.

    Jupyter is installed once, by hashes, beside the environment and never in it. It listens on this machine alone and
    wants a token. A directory without notebooks gets one to start with: it trains a small network and draws it.
    """
    from mxbuild.cli.progressing import consumer, heed_signals
    from mxbuild.environments import select
    from mxbuild.execute.notebook import provide
    from mxbuild.execute.notebook.launch import LOOPBACK, Asked
    from mxbuild.locations import locations
    from mxbuild.ownership import check
    from mxbuild.ui import events
    from mxbuild.ui import notebook as screens
    from mxbuild.ui.console import screen

    where = locations(os.environ, prefix)
    check(where)
    one = select(where.prefix, environment)
    address = ip or LOOPBACK
    if not prepare:
        _free(address, port)
    heed_signals()
    out, err = screen(sys.stdout, os.environ), screen(sys.stderr, os.environ)
    with ExitStack() as stack:
        with consumer(err, json=json, verbose=verbose) as told:
            ready = provide.prepare(one, where, os.environ, told.watch, stack)
        facts = {"environment": one.path, "kernel": f"{ready.kernel.bin}/python", "server": ready.server.path,
                 "jupyter_path": ready.kernel.share}  # fmt: skip
        if prepare:
            if json:
                click.echo(events.line(events.result(**facts)))
            else:
                out.show(*screens.prepared(ready, out.glyphs))
            return
        _free(address, port)  # an install takes its time
        asked = Asked(
            directory=os.getcwd(),
            ip=address,
            port=port,
            browser=not no_browser and _display(),
            root=os.geteuid() == 0,
            verbose=verbose,
        )
        _start(ready, asked, where, err, {**facts, "directory": asked.directory} if json else None)


def _start(ready: "Ready", asked: "Asked", where: "Locations", err: "Screen", facts: dict[str, str] | None) -> None:
    """Become the server; its exit code is this one's.

    Args:
        facts: told as the last line of JSON; None: a person is told, on `err`.

    Raises:
        UsageError: the server cannot be started.
    """
    from dataclasses import replace

    from mxbuild.errors import UsageError
    from mxbuild.execute.notebook import launch, starter
    from mxbuild.ui import events
    from mxbuild.ui import notebook as screens

    laid, trouble = False, ""
    if ready.record.gluon:
        try:
            laid = starter.lay(asked.directory)
        except OSError as error:
            trouble = f"{asked.directory} takes no starter notebook: {error.strerror}"
    asked = replace(asked, notebook=starter.NAME if laid or starter.there(asked.directory) else "")
    if facts is None:
        err.show(*screens.starting(ready, asked, os.environ, err.glyphs, laid=laid, trouble=trouble))
    else:
        click.echo(events.line(events.result(**facts, notebook=asked.notebook or None)))
    sys.stdout.flush()
    sys.stderr.flush()
    for descriptor in ready.locks:
        os.set_inheritable(descriptor, True)
    words = launch.command(ready, asked)
    try:
        os.execve(words[0], words, launch.environment(ready, where, os.environ))
    except OSError as error:
        raise UsageError(f"{words[0]} cannot be started: {error.strerror}") from error


def _display() -> bool:
    """Whether there is anything that a browser could open a window on."""
    return any(os.environ.get(name) for name in ("DISPLAY", "WAYLAND_DISPLAY", "BROWSER"))


def _free(address: str, port: int | None) -> None:
    """Whether it can be listened there, before anything is installed.

    Raises:
        UsageError: it cannot.
    """
    import socket

    from mxbuild.errors import UsageError

    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    with socket.socket(family) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((address, port or 0))
        except OSError as error:
            given = f"--port {port}" if port else f"--ip {address}"
            raise UsageError(
                f"{given}: nothing can listen on {address}: {error.strerror}",
                remedy="leave --port out: the next that is free is taken" if port else None,
            ) from error
