"""`mxbuild gc`."""

import os
import shlex
import sys
import time
from typing import TYPE_CHECKING

import click

from mxbuild.cli.group import Verb
from mxbuild.cli.options import json_option, prefix_option

if TYPE_CHECKING:
    from mxbuild.garbage import Item

EXAMPLES = (
    ("mxbuild gc --dry-run", "what would go, and how much it is"),
    ("mxbuild gc --yes", "remove it without being asked"),
    ("mxbuild gc --all", "compiled objects and builds that were stopped as well"),
)


@click.command("gc", cls=Verb, examples=EXAMPLES)
@click.option("--dry-run", is_flag=True, help="Say what would go, and remove nothing.")
@click.option("--all", "everything", is_flag=True, help="Also builds that were stopped, and what makes builds quicker.")
@click.option("--yes", "-y", is_flag=True, help="Do not ask.")
@prefix_option
@json_option
def command(*, dry_run: bool, everything: bool, yes: bool, prefix: str | None, json: bool) -> None:
    """Remove what nothing needs any more.

    Trees whose wheel is made, wheels and records without an environment, toolkits that no environment was compiled
    with, and what a kill has left. What an environment, a running build or one that was stopped needs stays.
    """
    from mxbuild.cli.progressing import consumer
    from mxbuild.errors import Interrupted
    from mxbuild.garbage import collect, find
    from mxbuild.garbage.collect import STEP
    from mxbuild.locations import locations
    from mxbuild.model import StepFinished, StepStarted
    from mxbuild.ownership import check, private
    from mxbuild.ui import events
    from mxbuild.ui.console import screen
    from mxbuild.ui.garbage import gone, tried
    from mxbuild.ui.garbage import screen as table
    from mxbuild.ui.layout import plural
    from mxbuild.ui.quantities import size

    where = locations(os.environ, prefix)
    if not dry_run:
        check(where)
    out, err = screen(sys.stdout, os.environ), screen(sys.stderr, os.environ)
    found = find(where, everything=everything)
    if not json:
        out.show(*table(found, out.glyphs))
        if found.items and dry_run:
            where_to = ("--prefix", prefix) if prefix else ()
            out.show(*tried(shlex.join(("mxbuild", "gc", *["--all"] * everything, *where_to))))
    removed: tuple[Item, ...] = ()
    if found.items and not dry_run:
        asks = not (yes or json) and sys.stdin.isatty() and sys.stderr.isatty()
        if asks and not click.confirm("\nRemove it?", default=True, err=True):
            raise Interrupted("nothing was removed")
        private(where.state)
        title, started = f"Remove {plural(len(found.items), 'thing')}", time.monotonic()
        with consumer(err, json=json) as told:
            told.watch(StepStarted(id=STEP, title=title, why=size(found.bytes)))
            removed = collect(found, where, everything=everything, watch=told.watch)
            seconds, freed = time.monotonic() - started, sum(item.bytes for item in removed)
            told.watch(StepFinished(id=STEP, title=title, seconds=seconds, detail=f"{size(freed)} freed"))
        if not json:
            out.show(gone(removed, out.glyphs))
    if json:
        rows = {"removed": removed} if not dry_run else {"items": found.items}
        fields = {
            **rows,
            "bytes": sum(item.bytes for item in (found.items if dry_run else removed)),
            "kept": found.kept,
        }
        click.echo(events.line(events.result(dry_run=dry_run, **fields)))
