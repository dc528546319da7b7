"""A new recipe as a note on what is special about it: what a release has otherwise than the recipe it extends. Pure."""

from collections.abc import Iterator

import msgspec

from mxbuild.recipe.makevars import MakeVariable, variables
from mxbuild.recipe.model import Recipe, Submodule

CONFIG, MAKEFILE = "make/config.mk", "Makefile"
"""Where upstream names its make flags."""


class Upstream(msgspec.Struct, frozen=True, kw_only=True):
    """What a tag of upstream's pins and says."""

    tag: str
    commit: str
    date: str
    """Day of the commit; the release's own may be later."""
    submodules: dict[str, Submodule]
    files: dict[str, str]
    """Text of CONFIG and MAKEFILE; "" for one that is not there."""


def draft(like: Recipe, extends: str, release: str, upstream: Upstream, *, url: str | None = None) -> str:
    """The file's text. What a person has to think about stands in it after the word TODO.

    Args:
        like: the recipe that the new one extends.
        extends: its name, as `extends` has it.
        url: of the repository, where it is another than `like`'s.
    """
    submodules = upstream.submodules
    lines = [
        "#:schema ./layer.schema.json",
        f"# {like.name} {release}. TODO: what is special about it, and its day (the commit is of the one below).",
        f'extends = "{extends}"',
    ]
    theirs = variables(upstream.files[CONFIG], upstream.files[MAKEFILE])
    # A flag of a feature alone is any variable of make's, which upstream's list of flags need not have.
    flags = [name for name, flag in like.flags.items() if not flag.only_with]
    gone = [f"flags.{name}" for name in flags if theirs and name not in theirs]
    gone += [f'source.submodules."{path}"' for path in like.source.submodules if path not in submodules]
    gone += [f'source.skip."{path}"' for path in like.source.skip if path not in submodules]
    if gone:
        lines += ["remove = [", *(f"    {_literal(name)}," for name in gone), "]"]
    lines += [
        f'release = "{release}"',
        f'date = "{upstream.date}"',
        f'summary = "{like.summary}"  # TODO',
        "",
        "[source]",
        *([f'url = "{url}"'] if url else []),
        f'tag = "{upstream.tag}"',
        f'commit = "{upstream.commit}"',
    ]
    changed = {path: module for path, module in submodules.items() if like.source.submodules.get(path) != module}
    if changed:
        lines += ["", "[source.submodules]"]
        lines += [
            f'{_key(path)} = {{ url = "{module.url}", commit = "{module.commit}" }}' for path, module in changed.items()
        ]
    fresh = [flag for name, flag in theirs.items() if name not in like.flags]
    if fresh:
        lines += ["", "[flags]", *_flags(fresh)]
    return "\n".join(lines) + "\n"


def _flags(fresh: list[MakeVariable]) -> Iterator[str]:
    for flag in fresh:
        if not flag.value:
            yield f"# TODO upstream's files also look at {flag.name}, and give it no value"
            continue
        value = flag.value if flag.value.isdigit() else f'"{flag.value}"'
        yield f'{flag.name} = {{ value = {value}, why = "upstream\'s default" }}  # TODO {flag.comment}'.rstrip()


def _key(path: str) -> str:
    return f'"{path}"' if "/" in path else path


def _literal(name: str) -> str:
    return f"'{name}'" if '"' in name else f'"{name}"'
