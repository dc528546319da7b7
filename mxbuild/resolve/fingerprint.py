"""The name of everything that shapes the library: two builds with one fingerprint may share objects."""

import hashlib
from collections.abc import Mapping, Sequence

import msgspec

from mxbuild.model import Compiler, Host, Variable
from mxbuild.recipe.model import Recipe

LENGTH = 16
"""Hex digits; 64 bits are plenty for the builds of one machine."""


def fingerprint(
    recipe: Recipe,
    host: Host,
    compiler: Compiler,
    variables: Sequence[Variable],
    aliases: Mapping[str, str],
    environment: Mapping[str, str],
    libraries: Sequence[str],
) -> str:
    """Hash of source pins, make's goal, every variable, the compiler, the libraries compiled against, environment.

    The recipe's words (summary, reasons) and the number of jobs are not in it.
    """
    against = {
        n: (lib.provider, lib.version, lib.real) for n in libraries if (lib := host.libraries.get(n)) is not None
    }
    facts = {
        "source": _source(recipe),
        "make": [recipe.make.target, recipe.make.library],
        "variables": sorted((v.name, v.value) for v in variables),
        "aliases": sorted(aliases.items()),
        "environment": sorted(environment.items()),
        "compiler": [compiler.cxx, compiler.cc, compiler.version, compiler.target],
        "libraries": sorted(against.items()),
        "libc": host.os.libc.value if host.os.libc else "",
    }
    return hashlib.sha256(msgspec.json.encode(facts, order="sorted")).hexdigest()[:LENGTH]


def _source(recipe: Recipe) -> dict[str, object]:
    """What is fetched, without the words; `skip` only where there is some: other builds keep the name they had."""
    facts: dict[str, object] = msgspec.to_builtins(recipe.source)
    facts["skip"] = sorted(recipe.source.skip)
    return {name: value for name, value in facts.items() if name != "skip" or value}
