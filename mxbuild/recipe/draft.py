"""A new recipe as a note on what is special about it: what a release has otherwise than the recipe it extends. Pure."""

import json
import re
from collections.abc import Iterator

import msgspec

from mxbuild.foreign import inert
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
        f"release = {_text(release)}",
        f"date = {_text(upstream.date)}",
        f"summary = {_text(like.summary)}  # TODO",
        "",
        "[source]",
        *([f"url = {_text(url)}"] if url else []),
        f"tag = {_text(upstream.tag)}",
        f"commit = {_text(upstream.commit)}",
    ]
    changed = {path: module for path, module in submodules.items() if like.source.submodules.get(path) != module}
    if changed:
        lines += ["", "[source.submodules]"]
        lines += [
            f"{_key(path)} = {{ url = {_text(module.url)}, commit = {_text(module.commit)} }}"
            for path, module in changed.items()
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
        number = re.fullmatch("0|[1-9][0-9]{0,17}", flag.value)
        value = flag.value if number else _text(flag.value)
        remark = f"# TODO {inert(flag.comment)}".rstrip()
        yield f'{flag.name} = {{ value = {value}, why = "upstream\'s default" }}  {remark}'


def _key(path: str) -> str:
    return path if re.fullmatch("[A-Za-z0-9_-]+", path) else _text(path)


def _text(words: str) -> str:
    """A TOML string, whatever upstream's files say: JSON's, but for DEL."""
    plain = words.encode("utf-8", "backslashreplace").decode()
    return json.dumps(plain, ensure_ascii=False).replace("\x7f", "\\u007f")


def _literal(name: str) -> str:
    return f"'{name}'" if '"' in name else f'"{name}"'
