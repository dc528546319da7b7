"""The schema: current, described, and of one mind with load() about structure."""

import copy
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import jsonschema
import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mxbuild import toml
from mxbuild.recipe.fault import Fault
from mxbuild.recipe.layers import layers
from mxbuild.recipe.model import Recipe
from mxbuild.recipe.schema import DIALECT, layer_schema, schema, write_all
from mxbuild.recipe.structure import structure
from tests.recipe.corpus import BROKEN, GOOD, HERE

COMMITTED = HERE.parents[1] / "recipes/recipe.schema.json"
LAYERS = [
    file
    for file in (*COMMITTED.parent.glob("base/*.toml"), *COMMITTED.parent.glob("*.toml"))
    if "layer.schema.json" in file.read_text().partition("\n")[0]
]
SCHEMA = schema()
VALIDATOR = jsonschema.Draft202012Validator(SCHEMA)
LAYER = jsonschema.Draft202012Validator(layer_schema())


@pytest.mark.parametrize("name", ["recipe.schema.json", "layer.schema.json"])
def test_committed_schema_is_current(name: str, tmp_path: Path) -> None:
    write_all(tmp_path)
    assert (COMMITTED.parent / name).read_text() == (tmp_path / name).read_text(), "run: make schema"


def test_it_is_a_schema() -> None:
    jsonschema.Draft202012Validator.check_schema(schema())
    assert schema()["$schema"] == DIALECT
    assert schema()["title"] == "mxbuild recipe"


def test_every_field_is_described() -> None:
    """By its own docstring, or by the table that it leads to."""
    definitions = schema()["$defs"]
    for name, definition in definitions.items():
        assert definition["description"], name
        for key, entry in definition["properties"].items():
            assert entry.get("description") or "$ref" in entry, f"{name}.{key}"
    assert definitions["Flag"]["properties"]["why"]["description"] == "The reason for `value`, shown in the plan."
    assert "pkg-config" in definitions["Compat"]["properties"]


def test_closed_vocabularies_are_in_it() -> None:
    feature = schema()["$defs"]["Feature"]["properties"]
    assert "opencv" in feature["needs"]["propertyNames"]["enum"]
    assert feature["default"]["enum"] == ["auto", "off", "on"]
    assert "imdecode" in schema()["$defs"]["Evidence"]["properties"]["checks"]["items"]["enum"]


@pytest.mark.parametrize("file", [HERE / "good.toml", *COMMITTED.parent.glob("*.toml")], ids=lambda file: file.stem)
def test_good_recipes(file: Path) -> None:
    VALIDATOR.validate(layers(file).data)


@pytest.mark.parametrize("file", LAYERS, ids=lambda file: file.stem)
def test_layers(file: Path) -> None:
    """Parts of recipes, as an editor sees them."""
    data = toml.loads(file.read_text())
    LAYER.validate(data)
    assert not LAYER.is_valid({**data, "remvoe": ["flags.USE_S3"]})
    assert not LAYER.is_valid({**data, "compat": [{"why": "it has no id"}]})


def test_broken_recipes() -> None:
    """load() refuses all of them (test_load.test_fault), the schema those with a structural fault, and no other."""
    assert [b.name for b in BROKEN if VALIDATOR.is_valid(toml.loads(b.text)) == b.structural] == []


def places(data: Any, path: tuple[str | int, ...] = ()) -> Iterator[tuple[str | int, ...]]:
    for name, inner in data.items() if isinstance(data, dict) else enumerate(data) if isinstance(data, list) else ():
        yield (*path, name)
        yield from places(inner, (*path, name))


DATA = toml.loads(GOOD)
PLACES = list(places(DATA))
VALUES = st.one_of(
    st.sampled_from([0, -1, 1, 2**31, 10**30, 1.0, True, "", "x", "X", "a b", "x\n", "-x", "../x", "a..b", ".", ">=1"]),
    st.sampled_from([[], {}, ["x"], {"x": 1}, {"X": 1}, "$(x)", "{blas.provider}", "\u00e9", "on", "x" * 200, "a | b"]),
    st.text(max_size=5),
)


@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.sampled_from(PLACES), VALUES, st.sampled_from(["set", "add", "drop"]))
def test_of_one_mind_about_any_change(path: tuple[str | int, ...], value: Any, kind: str) -> None:
    data = copy.deepcopy(DATA)
    holder: Any = data
    for part in path[:-1]:
        holder = holder[part]
    if kind == "set":
        holder[path[-1]] = value
    elif kind == "drop":
        del holder[path[-1]]
    elif isinstance(holder, dict):
        holder[value if isinstance(value, str) else "more"] = holder[path[-1]]
    else:
        holder.append(value)
    faults: list[Fault] = []
    structure(data, Recipe, (), faults)
    seen = [error.message for error in VALIDATOR.iter_errors(json_like(data))]
    assert bool(faults) == bool(seen), (faults, seen)
    try:
        msgspec.convert(data, Recipe)
    except msgspec.ValidationError as error:
        assert faults, error  # noqa: PT017
    else:
        assert not faults


def json_like(data: Any) -> Any:
    """The data with floats that JSON would not tell from whole numbers made strings, which fit as little."""
    if isinstance(data, dict):
        return {name: json_like(inner) for name, inner in data.items()}
    if isinstance(data, list):
        return [json_like(inner) for inner in data]
    return {"float": data} if isinstance(data, float) else data


def test_written_schema_is_json(tmp_path: Path) -> None:
    write_all(tmp_path)
    assert json.loads((tmp_path / "recipe.schema.json").read_text()) == schema()
