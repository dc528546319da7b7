"""The page on recipes, from the model of the file: every table, key, kind of value and what it is for."""

import re
from collections.abc import Iterator
from typing import Annotated, Any, get_args, get_origin

import msgspec

from mxbuild.recipe import values
from mxbuild.recipe.model import Recipe
from mxbuild.recipe.schema import schema
from tests.docs.markdown import code, prose

BEGINNING = """\
# Recipes

Made from the model of the file by `make reference`. A recipe is one TOML file, `mxnet-0.12.1.toml`; editors that know
JSON Schema find theirs beside the recipes (`#:schema ./recipe.schema.json` in the first line), and
`mxbuild recipes schema` prints it. `mxbuild recipes validate FILE` says all that is wrong with a file, with its lines.

A recipe chooses values out of closed vocabularies. It holds no command, no expression and no path outside of the tree:
every text in it has a pattern, and `mxbuild recipes validate` names it where a value does not fit.

A file that says `extends = "base/mxnet-1.5"` begins with what that file says. Its own tables are laid over it key by
key, rules (`[[compat]]`) and known failures of tests by their id; any other array or value takes the other's place.
`remove = ["flags.USE_X", "compat.some-rule"]` takes out what the release does not have. Your own recipe extends ours
in the same way: `extends = "mxnet-1.5.1"`.

"""
WHERE: dict[str, tuple[str, ...]] = {
    "Recipe": (), "Proof": ("[[proved]]",), "Source": ("[source]",), "Submodule": ("[source.submodules]",),
    "Toolchain": ("[toolchain]",), "Make": ("[make]",), "Flag": ("[flags]",), "Feature": ("[features.NAME]",),
    "Evidence": ("[features.NAME.evidence]",), "Cuda": ("[cuda]",), "Packages": ("[apt]",),
    "Compat": ("[[compat]]",), "Substitute": ("[[compat.substitute]]",), "PythonPackage": ("[python]",),
    "Requirements": ("[[python.requirements]]", "[[verify.upstream.packages]]"), "Verification": ("[verify]",),
    "UpstreamTests": ("[verify.upstream]",), "KnownFailure": ("[[verify.upstream.known]]",),
}  # fmt: skip
"""Table of the model -> where it stands in the file."""
Schema = dict[str, Any]


def page() -> str:
    """The whole page."""
    described, (_, plain) = schema()["$defs"], msgspec.json.schema_components([Recipe])
    tables = ["\n".join(_table(name, described[name], plain[name])) for name in described]
    return BEGINNING + "\n".join([*tables, *_kinds()]) + "\n"


def _table(name: str, described: Schema, plain: Schema) -> Iterator[str]:
    yield f"## {_title(name)}\n"
    yield (f"{code(*WHERE[name])}. " if WHERE[name] else "") + prose(described["description"]) + "\n"
    for key, entry in described["properties"].items():
        needed = ", needed" if key in described.get("required", ()) else _default(entry)
        yield f"- `{key}` ({_kind(plain['properties'][key] | _names(entry))}{needed}){_says(entry)}"
    yield ""


def _title(name: str) -> str:
    return " and ".join(place.strip("[]") for place in WHERE[name]) or "The top of the file"


def _names(entry: Schema) -> Schema:
    """The closed list of a table's keys, which msgspec leaves out."""
    return {"propertyNames": entry["propertyNames"]} if "enum" in entry.get("propertyNames", {}) else {}


def _says(entry: Schema) -> str:
    said = entry.get("description", "")
    return f": {prose(said)}" if said else ""


def _default(entry: Schema) -> str:
    value = entry.get("default")
    return f", else `{value}`" if value not in (None, "", [], {}) and not isinstance(value, list | dict) else ""


def _kind(entry: Schema) -> str:
    """What a value is: the name of its kind, with a link to what that is."""
    if "$ref" in entry:
        return _linked(entry["$ref"].rsplit("/", 1)[-1])
    if "anyOf" in entry:
        return " or ".join(_kind(one) for one in entry["anyOf"] if one.get("type") != "null")
    if "enum" in entry:
        return "one of " + code(*map(str, entry["enum"]))
    match entry.get("type"):
        case "array":
            return f"list of {_kind(entry['items'])}"
        case "object":
            return f"table, {_kind(entry.get('propertyNames', {}))} = {_kind(entry['additionalProperties'])}"
        case "integer":
            return "a number"
        case _:
            return f"[{KINDS[entry['description']]}](#kinds-of-values)"


def _linked(name: str) -> str:
    place = WHERE[name][0] if WHERE[name] else ""
    anchor = re.sub(r"[^\w\s-]", "", _title(name)).lower().replace(" ", "-")
    return f"[`{place}`](#{anchor})"


def _kinds() -> Iterator[str]:
    yield "## Kinds of values\n"
    for said, name in sorted(KINDS.items(), key=lambda row: row[1]):
        yield f"- {name}: {prose(said)}."


def _described(kind: Any) -> str:
    """A type's description; "" for what has none."""
    metas = get_args(kind)[1:] if get_origin(kind) is Annotated else ()
    return next((one.description for one in metas if one.description), "")


KINDS = {said: name for name, kind in vars(values).items() if (said := _described(kind))}
"""Description of a type -> its name."""
