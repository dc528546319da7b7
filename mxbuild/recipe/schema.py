"""The JSON Schema of recipe files, for editors: names, patterns, choices, and what each field is for."""

import ast
import inspect
import json
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any, Literal, get_args, get_origin

import msgspec

from mxbuild.recipe.layers import EXTENDS, REMOVE
from mxbuild.recipe.model import Compat, KnownFailure, Recipe

DIALECT = "https://json-schema.org/draft/2020-12/schema"


def schema() -> dict[str, Any]:
    """The schema; its descriptions are the docstrings under the fields of the model."""
    (reference,), definitions = msgspec.json.schema_components([Recipe])
    for name, kind in tables(Recipe).items():
        describe(definitions[name], kind)
    whole = {"$schema": DIALECT, "title": "mxbuild recipe", **reference, "$defs": definitions}
    plain: dict[str, Any] = json.loads(json.dumps(whole))  # defaults are tuples
    return plain


def layer_schema() -> dict[str, Any]:
    """The schema of a file that extends another one, or that others extend: any part of a recipe.

    Of a rule or a known failure its id is needed, by which it is known.
    """
    whole = schema()
    for name, definition in whole["$defs"].items():
        definition["required"] = ["id"] if name in (Compat.__name__, KnownFailure.__name__) else []
    own = {
        EXTENDS: {
            "type": "string",
            "description": "The file to begin with, without .toml: beside the recipe, or among mxbuild's own.",
        },
        REMOVE: {
            "type": "array",
            "items": {"type": "string"},
            "description": "Keys that are taken out of it first, like flags.USE_S3 or compat.no-sse.",
        },
    }
    properties = whole["$defs"][Recipe.__name__]["properties"]
    whole["$defs"][Recipe.__name__]["properties"] = own | properties
    return whole | {"title": "mxbuild recipe in layers"}


def write(path: Path, content: dict[str, Any]) -> None:
    """Write a schema as a file."""
    path.write_text(json.dumps(content, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")


def write_all(directory: Path) -> None:
    """Write both schemas, as they lie beside the recipes."""
    write(directory / "recipe.schema.json", schema())
    write(directory / "layer.schema.json", layer_schema())


def tables(kind: Any) -> dict[str, type[msgspec.Struct]]:
    """Every kind of table in `kind`, by its name."""
    if isinstance(kind, type) and issubclass(kind, msgspec.Struct):
        inner = [field.type for field in msgspec.structs.fields(kind)]
        return {kind.__name__: kind} | {n: k for i in inner for n, k in tables(i).items()}
    return {name: table for part in get_args(kind) for name, table in tables(part).items()}


def describe(definition: dict[str, Any], kind: type[msgspec.Struct]) -> None:
    """Put the docstrings under the fields of `kind` into its definition in a schema."""
    texts = docstrings(kind)
    for field in msgspec.structs.fields(kind):
        entry = definition["properties"][field.encode_name]
        if field.name in texts:
            entry["description"] = texts[field.name]
        keys = get_args(field.type)[:1]
        if get_origin(field.type) is dict and get_origin(keys[0]) is Literal:
            entry["propertyNames"] = {"enum": list(get_args(keys[0]))}  # which msgspec leaves out


@cache
def docstrings(kind: type) -> Mapping[str, str]:
    """Field -> the docstring under it, on one line; read once, as the whole module is parsed for each kind."""
    (definition,) = ast.parse(inspect.getsource(kind)).body
    assert isinstance(definition, ast.ClassDef)
    found: dict[str, str] = {}
    for field, text in zip(definition.body, definition.body[1:], strict=False):
        if (
            isinstance(field, ast.AnnAssign)
            and isinstance(field.target, ast.Name)
            and isinstance(text, ast.Expr)
            and isinstance(text.value, ast.Constant)
            and isinstance(text.value.value, str)
        ):
            found[field.target.id] = " ".join(text.value.value.split())
    return found
