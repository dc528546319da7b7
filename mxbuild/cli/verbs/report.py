"""`mxbuild report`."""

import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from mxbuild.cli.group import Verb
from mxbuild.cli.options import json_option, prefix_option

if TYPE_CHECKING:
    from mxbuild.report.model import Build, Comparison

EXAMPLES = (
    ("mxbuild report", "a page about the latest build, beside you"),
    ("mxbuild report mxnet-1.6.0 --output build.html --open", "about that one, in the browser"),
    ("mxbuild report 44201dbd --trace build.json", "for ui.perfetto.dev"),
    ("mxbuild report --compare 21faed4c 29251701", "what changed, and what it cost"),
    ("mxbuild report --compare 21faed4c~1 21faed4c", "the same build, compiled before and again"),
)
STDOUT = "-"


@click.command("report", cls=Verb, examples=EXAMPLES)
@click.argument("build", required=False, metavar="[BUILD]")
@click.option("-o", "--output", metavar="FILE", help="The page's file; - for stdout. [default: BUILD.html, here]")
@click.option(
    "--trace", metavar="FILE", help="Write a trace for Perfetto and Chrome, and no page unless it has a name."
)
@click.option(
    "--compare", "pair", nargs=2, metavar="A B", help="Say what changed from A to B; with -o in the page of B too."
)
@click.option("--open", "look", is_flag=True, help="Open the page in the browser.")
@prefix_option
@json_option
def command(
    *,
    build: str | None,
    output: str | None,
    trace: str | None,
    pair: tuple[str, str] | None,
    look: bool,
    prefix: str | None,
    json: bool,
) -> None:
    """Look back at BUILD: what was compiled when, what it took, what was expected, and why it is as it is.

    Writes one HTML page that needs no network and no other file. BUILD is the beginning of a fingerprint, of a build's
    name or of an environment's; without it, the latest. BUILD~1 is the compilation before that.
    """
    from mxbuild.locations import locations
    from mxbuild.report.compare import compare
    from mxbuild.report.find import find
    from mxbuild.report.read import read

    if pair and build:
        raise click.UsageError(f"--compare takes both builds; {build} is one too many")
    where = locations(os.environ, prefix)
    builds = [read(find(where, name)) for name in (pair or (build,))]
    comparison = compare(builds[0], builds[1]) if pair else None
    if not output and (look or not (trace or pair or json)):
        output = f"mxbuild-{builds[-1].name}.html"
    written = list(_files(builds[-1], comparison, output, trace))
    if STDOUT in (output, trace):
        return
    if json:
        from mxbuild.ui.events import document

        click.echo(document(comparison or builds[-1]))
    else:
        _show(builds[-1], comparison, written)
    if look and output:
        click.launch(Path(output).absolute().as_uri())


def _files(
    build: "Build", comparison: "Comparison | None", output: str | None, trace: str | None
) -> "list[tuple[str, str]]":
    """Write what is asked for; what each file is, and its path."""
    written = []
    if output:
        from mxbuild.ui.page import render

        written.append(("page", _write(output, render(build, comparison))))
    if trace:
        from mxbuild.redaction import redacted
        from mxbuild.report.trace import trace as traced
        from mxbuild.ui.events import line

        written.append(("trace", _write(trace, redacted(line(traced(build))) + "\n")))
    return written


def _write(path: str, text: str) -> str:
    """The file whole, or as it was.

    Raises:
        UsageError: it cannot be written.
    """
    from mxbuild import durable
    from mxbuild.errors import UsageError

    if path == STDOUT:
        click.echo(text, nl=False)
        return path
    try:
        with durable.writing(os.path.abspath(path)) as file:  # never through a link that somebody put in its place
            file.write(text.encode("utf-8", "backslashreplace"))
    except OSError as error:
        raise UsageError(f"{path} cannot be written: {error.strerror}") from error
    return os.path.abspath(path)


def _show(build: "Build", comparison: "Comparison | None", written: "list[tuple[str, str]]") -> None:
    from mxbuild.ui import report
    from mxbuild.ui.console import screen
    from mxbuild.ui.layout import heading, pairs

    out = screen(sys.stdout, os.environ)
    shown = report.comparison(comparison) if comparison else report.screen(build, out.glyphs)
    out.show(*shown)
    if written:
        out.show(heading("Written"), *pairs(written))
