"""What `verify --deep` does: run the operator cases, say how they compare, end with 8 where one does not."""

import os
import sys
import time
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from mxbuild.locations import Locations
    from mxbuild.model import Installed


def verify_deep(one: "Installed", where: "Locations", recipe_dirs: Sequence[str], *, json: bool) -> None:
    """Compare an environment with the recorded answers of its release.

    Args:
        where: the log is written among the records there.
        recipe_dirs: where recipes, and the answers beside them, are looked for first.

    Raises:
        VerificationError: a case differs, fails or crashes.
        UsageError: nothing is recorded of the release.
    """
    from mxbuild.cli.progressing import consumer
    from mxbuild.errors import VerificationError
    from mxbuild.execute import deep as cases
    from mxbuild.model import StepFailed, StepFinished, StepStarted
    from mxbuild.plan import paths_of
    from mxbuild.recipe.find import search_path
    from mxbuild.ui import deep, events
    from mxbuild.ui.console import screen

    out, err = screen(sys.stdout, os.environ), screen(sys.stderr, os.environ)
    title, started = f"Compare {one.name} with recorded answers", time.monotonic()
    with consumer(err, json=json) as told:
        told.watch(StepStarted(id=cases.ID, title=title, why="asked for"))
        log = f"{paths_of(one, where).records}/{cases.ID}.log"
        seen = cases.compare(one.path, os.environ, search_path(os.environ, recipe_dirs), told.watch, log)
        about: dict[str, Any] = {"id": cases.ID, "title": title, "seconds": time.monotonic() - started}
        if seen.ok:
            told.watch(StepFinished(**about, detail=seen.counted))
        else:
            told.watch(StepFailed(**about, message=seen.counted))
    if not json:
        out.show(*deep.screen(seen, out.glyphs))
    if not seen.ok:
        raise VerificationError(
            f"{one.name} computes otherwise than recorded",
            details=[deep.summary(seen), *(f"{bad.case}: {bad.detail}" for bad in seen.bad)],
            remedy="mxbuild verify, which looks at how the library was built",
        )
    if json:
        click.echo(events.line(events.result(environment=one.path, comparison=seen)))
