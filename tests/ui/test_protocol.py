"""The events of --json: documented as they are, and not other than they were."""

import json
from pathlib import Path
from typing import Any, get_args

import jsonschema
import pytest

from mxbuild.errors import BuildError, HostError, MxbuildError
from mxbuild.model import Event
from mxbuild.ui import events
from tests.docs import events as protocol
from tests.ui import values

FORMAT = Path(__file__).with_name("format-1.json")
"""Kind -> field -> what its value is: what was promised when it was first documented. Only ever added to."""
SCHEMA = protocol.schema()
VALIDATOR = jsonschema.Draft202012Validator(SCHEMA)


def undocumented(data: Any, kind: str) -> list[str]:
    """Fields of an object that its kind's definition does not have, and of the objects in it."""
    definition, found = SCHEMA["$defs"][kind], []
    for name, value in data.items():
        if name not in definition["properties"]:
            found.append(f"{kind}.{name}")
            continue
        text = json.dumps(definition["properties"][name])
        inner = [one for one in SCHEMA["$defs"] if f'"#/$defs/{one}"' in text]
        for part in value if isinstance(value, list) else [value]:
            if inner and isinstance(part, dict):
                found += undocumented(part, inner[0])
    return found


def kind_of(line: dict[str, Any]) -> str:
    """The definition that a line is an instance of."""
    if line["type"] == "result":
        return "InstallSucceeded" if line["ok"] else "Failed"
    kinds = {name: d["properties"].get("type", {}).get("enum") for name, d in SCHEMA["$defs"].items()}
    return next(name for name, tag in kinds.items() if tag == [line["type"]])


def test_it_is_a_schema_and_every_field_is_described() -> None:
    jsonschema.Draft202012Validator.check_schema(SCHEMA)
    for kind in (*get_args(Event), events.StillRunning, events.ErrorReport):
        definition = SCHEMA["$defs"][kind.__name__]
        assert definition["description"]
        for name, field in definition["properties"].items():
            assert name == "type" or field.get("description"), f"{kind.__name__}.{name}"


def test_every_kind_of_event_has_an_example_that_is_one() -> None:
    assert {type(example) for example in protocol.EXAMPLES} == {*get_args(Event), events.StillRunning}
    for example in (*protocol.EXAMPLES, protocol.ERROR):
        line = json.loads(events.line(example))
        VALIDATOR.validate(line)
        assert undocumented(line, type(example).__name__) == []


@pytest.mark.parametrize("kind", MxbuildError.__subclasses__())
def test_every_error_is_as_documented(kind: type[MxbuildError]) -> None:
    error = values.HOST_ERROR if kind is HostError else kind("it failed", details=["a detail"], remedy="do it")
    line = json.loads(events.line(events.failed(error, step="Compile")))
    VALIDATOR.validate(line)
    assert undocumented(line, "Failed") == []
    assert f"{kind.kind}," in SCHEMA["$defs"]["ErrorReport"]["properties"]["kind"]["description"]


@pytest.mark.parametrize(
    "line",
    [
        {"type": "result", "ok": True, "exit_code": 7},
        {"type": "result", "ok": False, "exit_code": 7},
        {"type": "step-started", "id": "make", "title": "Compile"},
        {"type": "step-begun", "id": "make", "title": "Compile", "why": ""},
        {"type": "message", "id": "", "text": "", "level": "error"},
        {"type": "line", "id": "make", "text": None},
    ],
)
def test_what_is_not_documented_is_no_event(line: dict[str, Any]) -> None:
    assert not VALIDATOR.is_valid(line)


def test_what_an_error_does_not_have_is_left_out_and_the_rest_is_there() -> None:
    assert set(events.failed(BuildError("it failed"))["error"]) == {"kind", "message", "details", "remedy", "step"}


def test_what_was_promised_is_kept() -> None:
    """Who reads format 1 finds every type and field as it was; a new one may have come."""
    for kind, fields in json.loads(FORMAT.read_text()).items():
        now = SCHEMA["$defs"][kind]
        for name, value in fields.items():
            field = {
                key: part for key, part in now["properties"][name].items() if key not in ("description", "default")
            }
            assert field == value["is"], f"{kind}.{name}"
            assert (name in now["required"]) == value["always"], f"{kind}.{name}"
