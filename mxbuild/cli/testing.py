"""Upstream's own tests, for `mxbuild verify --upstream`: run, shown, written down, and judged."""

import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click
import msgspec

from mxbuild.cli.progressing import consumer, heed_signals
from mxbuild.errors import UsageError, VerificationError
from mxbuild.execute import upstream
from mxbuild.recipe import lockfile
from mxbuild.recipe.find import find, search_path
from mxbuild.recipe.load import load
from mxbuild.ui import events
from mxbuild.ui import junit as xml
from mxbuild.ui import upstream as screens
from mxbuild.ui.console import screen

if TYPE_CHECKING:
    from mxbuild.locations import Locations
    from mxbuild.model import Installed, UpstreamReport


def test(
    one: "Installed",
    asked: upstream.Asked,
    where: "Locations",
    recipe_dirs: Sequence[str],
    *,
    junit: str,
    json: bool,
) -> None:
    """Run the tests in an environment.

    Args:
        junit: file that receives JUnit XML; "" for none.

    Raises:
        VerificationError: tests failed that nobody knows a reason for.
        MxbuildError: the tests cannot be run.
    """
    out, err = screen(sys.stdout, os.environ), screen(sys.stderr, os.environ)
    heed_signals()
    path = find(one.receipt.recipe, search_path(os.environ, recipe_dirs))
    recipe = load(path)
    lock = lockfile.of(path, recipe.name)
    embedded = str(path.parent.resolve() / recipe.source.embedded) if recipe.source.embedded else ""
    with consumer(err, json=json) as told:
        report = upstream.examine(one, recipe, embedded, lock, where, asked, os.environ, told.watch)
    kept = upstream.record(one, where)
    if not report.selection:
        upstream.keep(report, kept)
    if junit:
        _write(junit, report)
    if not json:
        out.show(*screens.screen(report, out.glyphs))
    if not report.ok:
        raise _failed(report, "" if report.selection else kept, upstream.log_of(one, where))
    if json:
        click.echo(events.line(events.result(environment=one.path, upstream=report)))


def _write(path: str, report: "UpstreamReport") -> None:
    try:
        Path(path).write_bytes(xml.document(report))
    except OSError as error:
        raise UsageError(f"--junit {path}: {error.strerror}") from error


def _failed(report: "UpstreamReport", kept: str, log: str) -> VerificationError:
    failed = [f"{j.case.name}: {j.case.said}" for j in report.judged if j.verdict == "failed"]
    worse = [f"{d.test}: {d.ours}, {d.reference} with the reference" for d in report.differences if d.worse]
    count = len(dict.fromkeys([line.partition(": ")[0] for line in (*failed, *worse)]))
    return VerificationError(
        f"{count} of upstream's tests failed in {report.environment} without a known reason"
        if count != 1
        else f"{(failed or worse)[0].partition(': ')[0]} failed in {report.environment} without a known reason",
        details=[*(failed or worse), f"log: {log}", *([f"results: {kept}"] if kept else [])],
        evidence={"upstream": msgspec.to_builtins(report)},
    )
