"""The JSON Schema of recipe files, for editors: names, patterns, choices, and what each field is for."""

import ast
import inspect
import json
from pathlib import Path
from typing import Any, Literal, get_args, get_origin

import msgspec

from mxbuild.recipe.model import Recipe

DIALECT = "https://json-schema.org/draft/2020-12/schema"


def schema() -> dict[str, Any]:
    """The schema; its descriptions are the docstrings under the fields of the model."""
    (reference,), definitions = msgspec.json.schema_components([Recipe])
    for name, kind in _tables(Recipe).items():
        _describe(definitions[name], kind)
    whole = {"$schema": DIALECT, "title": "mxbuild recipe", **reference, "$defs": definitions}
    plain: dict[str, Any] = json.loads(json.dumps(whole))  # defaults are tuples
    return plain


def write(path: Path) -> None:
    """Write the schema as a file."""
    path.write_text(json.dumps(schema(), indent=2, ensure_ascii=False) + "\n", encoding="utf-8")


def _tables(kind: Any) -> dict[str, type[msgspec.Struct]]:
    """Every kind of table in `kind`, by its name."""
    if isinstance(kind, type) and issubclass(kind, msgspec.Struct):
        inner = [field.type for field in msgspec.structs.fields(kind)]
        return {kind.__name__: kind} | {n: k for i in inner for n, k in _tables(i).items()}
    return {name: table for part in get_args(kind) for name, table in _tables(part).items()}


def _describe(definition: dict[str, Any], kind: type[msgspec.Struct]) -> None:
    texts = _docstrings(kind)
    for field in msgspec.structs.fields(kind):
        entry = definition["properties"][field.encode_name]
        if field.name in texts:
            entry["description"] = texts[field.name]
        keys = get_args(field.type)[:1]
        if get_origin(field.type) is dict and get_origin(keys[0]) is Literal:
            entry["propertyNames"] = {"enum": list(get_args(keys[0]))}  # which msgspec leaves out


def _docstrings(kind: type) -> dict[str, str]:
    """Field -> the docstring under it, on one line."""
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
