"""`mxbuild recipes new`."""

import os

import click

from mxbuild.cli.group import Verb
from mxbuild.cli.options import mirror, mirror_option, recipe_dir_option

EXAMPLES = (
    ("mxbuild recipes new 1.9.0 --like mxnet-1.9.1 > mxnet-1.9.0.toml", "then: mxbuild check ./mxnet-1.9.0.toml"),
)


@click.command("new", cls=Verb, examples=EXAMPLES)
@click.argument("release")
@click.option("--like", required=True, metavar="RECIPE", help="The recipe that the new one extends.")
@click.option("--tag", metavar="TAG", help="Upstream's tag. [default: RELEASE]")
@click.option("--url", metavar="URL", help="The repository, where it is a fork. [default: that of --like]")
@mirror_option
@recipe_dir_option
def command(
    *, release: str, like: str, tag: str | None, url: str | None, mirror_: str | None, recipe_dirs: tuple[str, ...]
) -> None:
    """Draft the recipe of RELEASE: its pins, to the last submodule, and what it has otherwise than another recipe."""
    import msgspec

    from mxbuild.errors import UsageError
    from mxbuild.execute.pins import survey
    from mxbuild.recipe.draft import draft
    from mxbuild.recipe.find import find, search_path
    from mxbuild.recipe.load import load
    from mxbuild.recipe.values import Url, Word

    path = find(like, search_path(os.environ, recipe_dirs))
    old = load(path)
    try:
        for given, kind in ((release, Word), (tag or release, Word), (url or old.source.url, Url)):
            msgspec.convert(given, kind)
    except msgspec.ValidationError as error:
        raise UsageError(f"a recipe cannot hold what RELEASE, --tag or --url says: {error}") from error
    if old.source.embedded:
        raise UsageError(f"{old.id} has its source beside it, and no tags: --like has to name one that is fetched")
    found = survey(
        os.environ,
        url or old.source.url,
        tag or release,
        mirror=mirror(mirror_),
        leaves=tuple(old.source.skip),
        exclude=old.source.exclude,
        say=lambda text: click.echo(text, err=True),
    )
    click.echo(draft(old, path.stem, release, found, url=url), nl=False)
