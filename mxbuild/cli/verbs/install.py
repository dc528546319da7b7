"""`mxbuild install`."""

import os
import sys
import time
from typing import TYPE_CHECKING

import click

from mxbuild.cli.group import Verb
from mxbuild.cli.invocation import Invocation
from mxbuild.cli.options import Asked, recipe_argument, request_options

if TYPE_CHECKING:
    from collections.abc import Callable

    from mxbuild.model import Event, Plan
    from mxbuild.pipeline import Installation
    from mxbuild.ui.console import Screen

EXAMPLES = (
    ("mxbuild install", "the default release, with what this machine allows"),
    ("mxbuild install mxnet-0.12.1 --with opencv", "an error, if OpenCV cannot be had"),
    ("mxbuild install --without graphviz --jobs 4", "leave a feature out, four compilers at once"),
    ("mxbuild install --dry-run", "show the plan, change nothing"),
)


@click.command("install", cls=Verb, examples=EXAMPLES)
@recipe_argument
@click.option("--dry-run", is_flag=True, help="Show the plan and change nothing.")
@click.option("--yes", "-y", is_flag=True, help="Do not ask before packages are installed.")
@request_options
def command(call: Invocation, asked: Asked, *, dry_run: bool, yes: bool) -> None:
    """Build RECIPE, install it into an environment of its own, and verify it.

    Goes on where an earlier run stopped, and changes nothing where all is done.
    """
    if dry_run:
        from mxbuild.cli.verbs.plan import show

        show(asked, "json" if asked.json else "text")
        return
    from mxbuild import pipeline
    from mxbuild.cli.progressing import consumer, heed_signals, opened
    from mxbuild.cli.summarizing import summarize
    from mxbuild.errors import VerificationError
    from mxbuild.model import Receipt, StepFailed
    from mxbuild.system import System
    from mxbuild.ui import events, receipt
    from mxbuild.ui.console import screen

    out, err = screen(sys.stdout, os.environ), screen(sys.stderr, os.environ)
    heed_signals()
    started, asking = time.monotonic(), 0.0

    def watch(event: "Event") -> None:
        if isinstance(event, StepFailed):
            call.step = event.title
        told.watch(event)

    def approve(plan: "Plan") -> bool:
        # From here on there is something to go on with; before, a command line was wrong or a machine unfit.
        nonlocal asking
        asks = time.monotonic()
        call.resumable = yes or asked.json or _agreed(plan, err, lambda: opened(told))
        asking = time.monotonic() - asks
        return call.resumable

    try:
        with consumer(
            err, json=asked.json, verbose=asked.verbose, quiet=asked.quiet, opening="Look at this machine, and plan"
        ) as told:
            done = pipeline.install(
                System(), asked.request, asked.where, watch, recipe_dirs=asked.recipe_dirs, approve=approve
            )
    except VerificationError as error:
        if isinstance(error.receipt, Receipt) and not asked.json:
            out.show(*receipt.screen(error.receipt, "", out.glyphs))
        raise
    # Of this run, as whoever waits for it counts: what was done before is no part of it, nor is a thoughtful answer.
    took = time.monotonic() - started - asking
    environment = done.plan.paths.environment
    summarize(lambda hide: _summary(done, took, hide))
    if asked.json:
        last = events.InstallSucceeded(unchanged=done.unchanged, environment=environment, receipt=done.receipt)
        click.echo(events.line(last))
    elif asked.quiet:
        out.show(receipt.verdict(done.receipt, out.glyphs, unchanged=done.unchanged, took=took))
    elif done.unchanged and not asked.verbose:
        out.show(*receipt.short(done.receipt, environment, out.glyphs))
    else:
        out.show(*receipt.screen(done.receipt, environment, out.glyphs, unchanged=done.unchanged, took=took))


def _summary(done: "Installation", took: float, hide: "Callable[[str], str]") -> str:
    from mxbuild.ui import summary

    return summary.done(done.receipt, done.plan.build.decisions, hide, unchanged=done.unchanged, took=took)


def _agreed(plan: "Plan", err: "Screen", before: "Callable[[], None]") -> bool:
    """Ask once, at a terminal, before packages are installed; the only question there is.

    Args:
        before: called before anything is asked.
    """
    from mxbuild.ui.plan import short

    if not plan.build.install or not (sys.stdin.isatty() and sys.stderr.isatty()):
        return True
    before()
    err.show(*short(plan, err.glyphs))
    return click.confirm("Go on?", default=True, err=True)
