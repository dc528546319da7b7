"""What a shell's TAB can put in a place: told by the word that the help has there (RECIPE, ENV, FEATURE, DIR ...).

It runs on each press of a key, so nothing is loaded that builds, and nothing that is wrong is said: there are then no
candidates. A verb gets all of it from its metavars.
"""

import os
import re
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from click.shell_completion import CompletionItem

VARIABLE = "_MXBUILD_COMPLETE"
"""Set by the shell's function: which shell asks, and what for."""

Candidates = Iterable["str | CompletionItem[str]"]


class Named(type(click.STRING)):  # type: ignore[misc]
    """A text like any other, of which it is known what it can be."""

    def __init__(self, candidates: Callable[[click.Context, str], Candidates]) -> None:
        self.candidates = candidates

    def shell_complete(
        self, ctx: click.Context, param: click.Parameter, incomplete: str
    ) -> "list[CompletionItem[str]]":
        """Those that begin so; nothing where the machine does not let us look."""
        from click.shell_completion import CompletionItem

        del param
        from mxbuild.errors import MxbuildError

        found: list[CompletionItem[str]] = []
        with suppress(OSError, ValueError, MxbuildError):
            for one in self.candidates(ctx, incomplete):
                item = CompletionItem(one) if isinstance(one, str) else one
                if item.type != "plain" or item.value.startswith(incomplete):
                    found.append(item)
        return found


def furnish(params: Iterable[click.Parameter]) -> None:
    """Give each parameter that takes a plain text what the word in its place promises."""
    for param in params:
        if param.type is click.STRING:
            word = param.metavar or (param.name or "").upper()
            known = [WORDS[part] for part in (word, *re.findall("[A-Z_]+", word)) if part in WORDS]
            if known:
                param.type = Named(known[0])


def recipes(ctx: click.Context, incomplete: str) -> Candidates:
    """Names; releases once a digit is there; files once it is a path."""
    from mxbuild.recipe.find import available

    if "/" in incomplete or incomplete.startswith("."):
        yield from files(ctx, incomplete)
        return
    names = [name for name, _ in available(_recipe_path(ctx))]
    yield from names
    if incomplete[:1].isdigit():
        yield from (name.partition("-")[2] for name in names)


def environments(ctx: click.Context, incomplete: str) -> Candidates:
    """Those with a receipt, the current one first."""
    from click.shell_completion import CompletionItem

    del incomplete
    root = f"{_places(ctx).prefix}/envs"
    current = os.path.basename(os.path.realpath(f"{root}/../current"))
    names = [name for name in sorted(os.listdir(root)) if os.path.exists(f"{root}/{name}/receipt.json")]
    for name in sorted(names, key=lambda name: name != current):
        yield CompletionItem(name, help="the current one" if name == current else None)


def builds(ctx: click.Context, incomplete: str) -> Candidates:
    """Names of recorded builds, the latest first."""
    del incomplete
    entries = [entry for entry in os.scandir(f"{_places(ctx).state}/builds") if entry.is_dir()]
    yield from (entry.name for entry in sorted(entries, key=lambda entry: -entry.stat().st_mtime))


def features(ctx: click.Context, incomplete: str) -> Candidates:
    """Of the recipe that stands before, or of the default."""
    from click.shell_completion import CompletionItem

    del incomplete
    for name, feature in _recipe(ctx, "features").items():
        yield CompletionItem(name, help=feature.get("summary"))


def assignments(ctx: click.Context, incomplete: str) -> Candidates:
    """NAME=VALUE for --set, where the values are few."""
    from click.shell_completion import CompletionItem

    del incomplete
    for name, flag in _recipe(ctx, "flags").items():
        for value in flag.get("values", ()):
            yield CompletionItem(f"{name}={value}", help=flag.get("why"))


def flags(ctx: click.Context, incomplete: str) -> Candidates:
    """Names of make flags."""
    from click.shell_completion import CompletionItem

    del incomplete
    for name, flag in _recipe(ctx, "flags").items():
        yield CompletionItem(name, help=flag.get("why"))


def subjects(ctx: click.Context, incomplete: str) -> Candidates:
    """What explain can be asked about: features, choices, flags."""
    yield from features(ctx, incomplete)
    yield from ("compiler", "python", "jobs", "packages", "device", "ccache", "target")
    yield from flags(ctx, incomplete)


def processors(ctx: click.Context, incomplete: str) -> Candidates:
    """What --target takes on this machine, out of archspec's data; its own module would take a tenth of a second."""
    import json
    import platform
    from importlib.util import find_spec

    del ctx, incomplete
    yield from ("generic", "native")
    spec = find_spec("archspec")
    for place in (spec.submodule_search_locations or ()) if spec else ():
        with open(f"{place}/json/cpu/microarchitectures.json", encoding="utf-8") as file:
            known = json.load(file)["microarchitectures"]
        yield from (name.replace("_", "-") for name in known if platform.machine() in _line(known, name))


def _line(known: dict[str, Any], name: str) -> Iterator[str]:
    """A processor and all that it can run what was made for."""
    yield name
    for before in known[name]["from"]:
        yield from _line(known, before)


def files(ctx: click.Context, incomplete: str) -> Candidates:
    """What the shell itself finds."""
    from click.shell_completion import CompletionItem

    del ctx
    yield CompletionItem(incomplete, type="file")


def directories(ctx: click.Context, incomplete: str) -> Candidates:
    """What the shell itself finds."""
    from click.shell_completion import CompletionItem

    del ctx
    yield CompletionItem(incomplete, type="dir")


WORDS: dict[str, Callable[[click.Context, str], Candidates]] = {
    "RECIPE": recipes,
    "FIRST": recipes,
    "SECOND": recipes,
    "ENV": environments,
    "BUILD": builds,
    "A": builds,
    "FEATURE": features,
    "USE_X=V": assignments,
    "USE_X": flags,
    "SUBJECT": subjects,
    "PROCESSOR": processors,
    "DIR": directories,
    "FILE": files,
    "LOG": files,
    "PATH": files,
    "PYTHON": files,
}
"""Word of the help -> what can stand in its place."""


def _recipe_path(ctx: click.Context) -> "tuple[Any, ...]":
    from mxbuild.recipe.find import search_path

    return search_path(os.environ, ctx.params.get("recipe_dirs") or ())


def _recipe(ctx: click.Context, table: str) -> dict[str, dict[str, Any]]:
    """A table of the recipe that the command line names, with what it extends."""
    from mxbuild.cli.options import DEFAULT
    from mxbuild.recipe.find import find
    from mxbuild.recipe.layers import layers

    data = layers(find(_given(ctx, "recipe") or DEFAULT, _recipe_path(ctx))).data
    found: dict[str, dict[str, Any]] = data.get(table, {})
    return found


def _given(ctx: click.Context, name: str) -> str:
    """An argument that stands before; where an option still waits for its value, click has put none into `params`."""
    arguments = [param.name for param in ctx.command.params if isinstance(param, click.Argument)]
    if ctx.args and name in arguments and arguments.index(name) < len(ctx.args):
        return ctx.args[arguments.index(name)]
    return str(ctx.params.get(name) or "")


def _places(ctx: click.Context) -> Any:
    from mxbuild.locations import locations

    return locations(os.environ, ctx.params.get("prefix"))
