"""`mxbuild push`."""

import os
import sys
import time

import click

from mxbuild.cli.group import Verb
from mxbuild.cli.options import json_option, mirror, prefix_option

EXAMPLES = (
    ("mxbuild push --store /srv/mxnet", "the current environment's wheel, into a directory"),
    ("mxbuild push mxnet-1.0.0 --store s3://bucket/mxnet", "another one's, into S3"),
    ("mxbuild install --store https://example.org/mxnet", "where others take it from"),
)


@click.command("push", cls=Verb, examples=EXAMPLES)
@click.argument("environment", required=False, metavar="[ENV]")
@click.option(
    "--store", metavar="DIR|URL", envvar="MXBUILD_STORE", required=True,
    help="Directory or s3://BUCKET/PATH. [env: MXBUILD_STORE]",
)  # fmt: skip
@prefix_option
@json_option
def command(*, environment: str | None, store: str, prefix: str | None, json: bool) -> None:
    """Put the verified wheel of an environment into a store, with its receipt.

    The same request on a like machine then installs it in seconds: `mxbuild install --store ...`.
    """
    from mxbuild.cli.progressing import consumer
    from mxbuild.environments import select
    from mxbuild.execute.store import push
    from mxbuild.locations import locations
    from mxbuild.model import StepFinished, StepStarted
    from mxbuild.ui import events
    from mxbuild.ui.console import screen

    where = locations(os.environ, prefix)
    one, address = select(where.prefix, environment), mirror(store) or ""
    name, started = os.path.basename(one.receipt.wheel), time.monotonic()
    with consumer(screen(sys.stderr, os.environ), json=json) as told:
        told.watch(StepStarted(id="push", title=f"Push {name}", why="asked for"))
        new = push(address, one.receipt, told.watch)
        said = address if new else f"{address} has it already"
        told.watch(StepFinished(id="push", title=f"Push {name}", seconds=time.monotonic() - started, detail=said))
    if json:
        click.echo(events.line(events.result(store=address, wheel=name, new=new)))
