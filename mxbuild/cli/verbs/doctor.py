"""`mxbuild doctor`."""

import os
import sys

import click

from mxbuild.cli.group import Verb
from mxbuild.cli.options import json_option, prefix_option
from mxbuild.errors import DONE, UNWELL

EXAMPLES = (
    ("mxbuild doctor", "is all that was installed still well? what to do where not"),
    ("mxbuild doctor --json", "the same for a monitor; exit code 10 where something is ill"),
)


@click.command("doctor", cls=Verb, examples=EXAMPLES)
@prefix_option
@json_option
def command(*, prefix: str | None, json: bool) -> int:
    """Say how everything is: the machine, each environment, builds that did not end, what is kept, and what to do.

    Looks at files only, in a second or two: libraries that an upgrade took away, a Python that is gone, files that were
    changed, a driver that is another now. Computes nothing; `mxbuild verify` does. Exit code 10 where something is ill.
    """
    from mxbuild.doctor import findings, probe
    from mxbuild.locations import locations
    from mxbuild.system import System

    facts = probe(System(), locations(os.environ, prefix), os.environ)
    found = findings(facts)
    ill = any(one.level == "ill" for one in found)
    if json:
        from mxbuild.redaction import redacted
        from mxbuild.ui.events import document

        click.echo(redacted(document({"ok": not ill, "findings": found, "facts": facts})))
    else:
        from mxbuild.ui.console import screen
        from mxbuild.ui.doctor import screen as table

        out = screen(sys.stdout, os.environ)
        out.show(*table(facts, found, out.glyphs))
    return UNWELL if ill else DONE
