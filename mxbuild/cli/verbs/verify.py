"""`mxbuild verify`."""

import os
import sys
from typing import TYPE_CHECKING, Any

import click

from mxbuild.cli.group import Verb
from mxbuild.cli.options import json_option, mirror, mirror_option, option, prefix_option, recipe_dir_option

if TYPE_CHECKING:
    from mxbuild.locations import Locations
    from mxbuild.model import Installed

EXAMPLES = (
    ("mxbuild verify", "the current environment"),
    ("mxbuild verify mini", "another one: its name, or how it begins"),
    ("mxbuild verify --repair", "put back what is not as it was installed"),
    ("mxbuild verify --deep", "operator cases against recorded answers; a minute"),
    ("mxbuild verify --upstream --junit tests.xml", "upstream's own unit tests; up to half an hour"),
    ("mxbuild verify --upstream --only test_ndarray.py", "one file of them"),
)
UPSTREAM = "With --upstream"


@click.command("verify", cls=Verb, examples=EXAMPLES)
@click.argument("environment", required=False, metavar="[ENV]")
@click.option("--repair", "mending", is_flag=True, help="Put back what is not as it was installed, and verify again.")
@click.option("--deep", is_flag=True, help="Run operator cases, and compare with recorded answers.")
@click.option("--upstream", is_flag=True, help="Run upstream's own Python unit tests, each file in its own process.")
@option("--only", group=UPSTREAM, multiple=True, metavar="FILE", help="One file of them: test_ndarray.py or test_nd*.")
@option("--match", group=UPSTREAM, default="", metavar="EXPR", help="Those whose names match, as pytest's -k takes it.")
@option(
    "--jobs", group=UPSTREAM, type=click.IntRange(min=1), metavar="N", help="Files at once. [default: one per two CPUs]"
)
@option("--reference", group=UPSTREAM, default="", metavar="PYTHON", help="Compare with the MXNet of this interpreter.")
@option(
    "--junit", group=UPSTREAM, default="", metavar="FILE", type=click.Path(dir_okay=False),
    help="Write JUnit XML: known failures are skipped in it, crashes are errors.",
)  # fmt: skip
@prefix_option
@mirror_option
@recipe_dir_option
@json_option
def command(
    *, environment: str | None, mending: bool, deep: bool, upstream: bool, prefix: str | None, json: bool, **more: Any
) -> None:
    """Verify an environment again: the library, every feature, every check, every file. Exit code 0 or 8.

    With --repair: files of MXNet's come out of the wheel, other packages from the index, at their versions.

    With --upstream: a test that fails ends with 8, unless the recipe knows why, or it fails with --reference too; so
    does one that ended better there. Results are kept among the build's records.
    """
    from mxbuild.environments import select
    from mxbuild.locations import locations
    from mxbuild.ownership import check, private

    if deep and upstream:
        raise click.UsageError("--deep and --upstream are two verifications: one at a time")
    if mending and (deep or upstream):
        raise click.UsageError("--repair goes by the checks of the install: leave out --deep and --upstream")
    if not upstream:
        for option in ("only", "match", "jobs", "reference", "junit"):
            if more[option]:
                raise click.UsageError(f"--{option} is about upstream's tests: add --upstream")
    where = locations(os.environ, prefix)
    if mending:
        check(where)
    one = select(where.prefix, environment)
    if deep or upstream:
        private(where.state)  # results and logs are written there
    if deep:
        from mxbuild.cli.deepening import verify_deep

        verify_deep(one, where, more["recipe_dirs"], json=json)
        return
    if not upstream:
        _again(one, where, mending=mending, json=json)
        return
    from mxbuild.cli.testing import test
    from mxbuild.execute.upstream import Asked

    python = os.path.expanduser(more["reference"])
    asked = Asked(
        only=more["only"],
        match=more["match"],
        jobs=more["jobs"],
        # No realpath: a virtual environment's interpreter is a link, and knows its packages by the link's place.
        reference=os.path.abspath(python) if "/" in python else python,
        mirror=mirror(more["mirror_"]),
    )
    test(one, asked, where, more["recipe_dirs"], junit=more["junit"], json=json)


def _again(one: "Installed", where: "Locations", *, mending: bool, json: bool) -> None:
    from mxbuild.cli.progressing import consumer
    from mxbuild.cli.verifying import complaints, repaired, verified
    from mxbuild.errors import VerificationError
    from mxbuild.execute.upstream import latest
    from mxbuild.ui import events, receipt
    from mxbuild.ui.console import screen
    from mxbuild.ui.environments import mended
    from mxbuild.ui.upstream import before

    out, err = screen(sys.stdout, os.environ), screen(sys.stderr, os.environ)
    done: tuple[str, ...] = ()
    with consumer(err, json=json) as told:
        seen, found = verified(one, where, told)
        if mending and not found.ok:
            done = repaired(one, where, told)
            seen, found = verified(one, where, told, "it was repaired")
    if not json:
        out.show(*receipt.tables(seen, out.glyphs))
        out.show(*before(latest(one, where), out.glyphs))
    if not found.ok:
        raise VerificationError(
            f"{one.name} is not what was installed",
            details=complaints(found),
            remedy=f"mxbuild uninstall {one.name}, then mxbuild install {seen.recipe}"
            if mending
            else f"mxbuild verify --repair {one.name}",
        )
    if json:
        fields = {"repaired": done} if mending else {}
        click.echo(events.line(events.result(environment=one.path, receipt=seen, **fields)))
    elif mending:
        out.show(*mended(done, one.path, out.glyphs))
