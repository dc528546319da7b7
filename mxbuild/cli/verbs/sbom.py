"""`mxbuild sbom`."""

import os

import click

from mxbuild.cli.group import Verb
from mxbuild.cli.options import prefix_option

EXAMPLES = (
    ("mxbuild sbom > sbom.cdx.json", "what is in the current environment, as CycloneDX"),
    ("mxbuild sbom --provenance", "what its wheel was built from and how, as SLSA provenance"),
)


@click.command("sbom", cls=Verb, examples=EXAMPLES)
@click.argument("environment", required=False, metavar="[ENV]")
@click.option("--provenance", is_flag=True, help="The statement of how the wheel was built.")
@prefix_option
def command(*, environment: str | None, provenance: bool, prefix: str | None) -> None:
    """Print the bill of materials of an environment: source, packages, libraries, each with its version."""
    from pathlib import Path

    from mxbuild.environments import select
    from mxbuild.errors import UsageError, VerificationError
    from mxbuild.execute import documents
    from mxbuild.execute.provenance import NAME as STATEMENT
    from mxbuild.execute.sbom import NAME as BILL
    from mxbuild.locations import locations

    one = select(locations(os.environ, prefix).prefix, environment)
    name = STATEMENT if provenance else BILL
    if name not in one.receipt.documents:
        raise UsageError(f"{one.name} has no {name}: an earlier mxbuild made it, or filled the store that it is from")
    if said := documents.damage(one.receipt, one.path, (name,)):
        raise VerificationError(f"{one.name}: {said}", remedy="mxbuild install writes it again")
    click.echo(Path(one.path, name).read_text(encoding="utf-8"), nl=False)
