"""`mxbuild bug-report`."""

import os
import sys
import time

import click

from mxbuild.cli.group import Verb
from mxbuild.cli.options import json_option, prefix_option

EXAMPLES = (
    ("mxbuild bug-report", "all about the latest build and this machine, in one archive"),
    ("mxbuild bug-report mxnet-1.6.0 -o report.tar.gz", "about that one"),
)


@click.command("bug-report", cls=Verb, examples=EXAMPLES)
@click.argument("build", required=False, metavar="[BUILD]")
@click.option("-o", "--output", metavar="FILE", help="The archive. [default: mxbuild-report-DATE.tar.gz, here]")
@prefix_option
@json_option
def command(*, build: str | None, output: str | None, prefix: str | None, json: bool) -> None:
    """Write one archive with all that has to be known to find a fault, and nothing secret.

    The machine (as `mxbuild detect --capture` has it), versions, what doctor says, and of a build its records, receipt,
    plan and last logs with their first error. Passwords, tokens, and the names of user and machine are taken out. BUILD
    is the beginning of a build's name, of its fingerprint or of an environment's; without it, the latest.
    """
    from mxbuild.bugreport import collect, redactor, write
    from mxbuild.errors import UsageError
    from mxbuild.locations import locations
    from mxbuild.system import System

    path = os.path.abspath(output or time.strftime("mxbuild-report-%Y%m%d-%H%M%S.tar.gz", time.gmtime()))
    members = collect(System(), locations(os.environ, prefix), os.environ, build, redactor(os.environ))
    try:
        size = write(path, members)
    except OSError as error:
        raise UsageError(f"{path} cannot be written: {error.strerror}", remedy="name another file with -o") from error
    if json:
        from mxbuild.ui.events import document

        rows = [{"name": m.name, "bytes": len(m.data), "what": m.what} for m in members]
        click.echo(document({"archive": path, "bytes": size, "members": rows}))
        return
    from mxbuild.ui.bugreport import screen as told
    from mxbuild.ui.console import screen

    screen(sys.stdout, os.environ).show(*told(members, path, size))
