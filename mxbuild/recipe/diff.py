"""What one recipe has otherwise than another. Pure."""

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

import msgspec

from mxbuild.recipe.model import Compat, Recipe

NONE = "-"
NOT_COMPARED = ("id", "why", "reference", "when")
"""Of a rule: its name, its words, and what stands first anyway."""
Value = str | dict[str, str]
"""A rule is a table, compared key by key where both recipes have it."""


class Difference(NamedTuple):
    """A name, and what each of the two says of it; NONE where it has no such thing."""

    name: str
    first: str
    second: str


def differences(first: Recipe, second: Recipe) -> dict[str, tuple[Difference, ...]]:
    """Section -> its differences, in the first recipe's order, then what only the second has.

    Words for people (summary, reasons, references) are not compared.
    """
    mine, other = _sections(first), _sections(second)
    found = {title: tuple(_compared(mine[title], other[title])) for title in mine}
    return {title: rows for title, rows in found.items() if rows}


def _compared(mine: Mapping[str, Value], other: Mapping[str, Value]) -> Iterator[Difference]:
    for name in dict.fromkeys((*mine, *other)):
        one, two = mine.get(name, NONE), other.get(name, NONE)
        if isinstance(one, dict) and isinstance(two, dict):
            yield from (d._replace(name=f"{name}: {d.name}") for d in _compared(one, two))
        elif one != two:
            yield Difference(name, *(value if isinstance(value, str) else value["when"] for value in (one, two)))


def _sections(recipe: Recipe) -> dict[str, Mapping[str, Value]]:
    source, cuda = recipe.source, recipe.cuda
    needs = {f"{n} ({name})": w for name, f in recipe.features.items() for n, w in f.needs.items() if w}
    return {
        "Takes": {
            "gcc": recipe.toolchain.gcc,
            "python": recipe.python.versions,
            **({"cuda": cuda.versions, "cuda, built by upstream": cuda.tested} if cuda else {}),
            "build": " + ".join(recipe.build_systems),
            **needs,
        },
        "Flags": {name: _flag(flag.value, flag.values) for name, flag in recipe.flags.items()},
        "Features": {
            name: f.default + "".join(f", with {other}" for other in f.requires) for name, f in recipe.features.items()
        },
        "Rules": {rule.id: _rule(rule) for rule in recipe.compat},
        "Python packages": {f"python {r.python}": " ".join(r.packages) for r in recipe.python.requirements},
        "Source": {
            ".": _pin(source.url, source.commit),
            **{p: _pin(s.url, s.commit, fetched(recipe, p)) for p, s in source.submodules.items()},
        },
    }


def fetched(recipe: Recipe, path: str) -> str:
    """When a submodule is fetched: "not fetched", "only with onednn"; "" for always."""
    features = [name for name, feature in recipe.features.items() if path in feature.submodules]
    return "not fetched" if path in recipe.source.skip else f"only with {', '.join(features)}" if features else ""


def _pin(url: str, commit: str, when: str = "") -> str:
    name = "/".join(url.rstrip("/").removesuffix(".git").split("/")[-2:])
    return f"{commit[:12]} {name}" + (f", {when}" if when else "")


def _flag(value: object, values: tuple[object, ...]) -> str:
    choices = " ".join(str(choice) or "nothing" for choice in values)
    return f"{value if value != '' else 'nothing'}" + (f" ({choices})" if len(values) > 1 else "")


def _rule(rule: Compat) -> dict[str, str]:
    """Conditions and cures, without the words."""
    facts: dict[str, Any] = msgspec.to_builtins(rule)
    when = ", ".join(f"{subject} {wanted}" for subject, wanted in rule.when.items()) or "always"
    cures = {key: _value(value) for key, value in facts.items() if value and key not in NOT_COMPARED}
    return {"when": when, **cures}


def _value(value: Any) -> str:
    if isinstance(value, dict):
        return " ".join(f"{key}={_value(inner)}" if inner else str(key) for key, inner in value.items())
    if isinstance(value, list | tuple):
        return " ".join(_value(inner) for inner in value)
    return str(value)
