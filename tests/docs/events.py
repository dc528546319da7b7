"""The page on the events of --json, and their schema, made from the types that the code writes."""

import json
from typing import Any, get_args

import msgspec

from mxbuild.model import (
    CheckResult,
    Compiling,
    Event,
    FeatureResult,
    Line,
    Message,
    Progress,
    Receipt,
    Step,
    StepFailed,
    StepFinished,
    StepSkipped,
    StepStarted,
)
from mxbuild.recipe.schema import DIALECT, describe, tables
from mxbuild.ui import events
from tests.docs.pages import DOCS

SCHEMA = DOCS / "reference" / "events.schema.json"

PARTS = (Receipt, FeatureResult, CheckResult)
"""What the page says of the receipt; the schema has all of it."""
EXAMPLES: tuple[msgspec.Struct, ...] = (
    StepStarted(id="make", title="Compile lib/libmxnet.so with 2 jobs", why="not done yet"),
    StepSkipped(id="source", title="Fetch 9 pinned repositories", why="done: 9 repositories, 31 MB"),
    StepFinished(id="make", title="Compile lib/libmxnet.so with 2 jobs", seconds=903.2, detail="156 objects"),
    StepFailed(
        id="make", title="Compile lib/libmxnet.so with 2 jobs", seconds=61.0, message="src/a.cc:1: 'x' was not declared"
    ),
    Progress(id="source", part="nnvm/dmlc-core", done=120, total=400, unit="objects", text="Receiving"),
    Compiling(
        id="make", done=12, total=156, running=(("src/operator/tensor/dot.cc", 41.5),), memory=1_503_238_553,
        eta=(600.0, 840.0), waiting=1, free=2_147_483_648, expected=900.0,
    ),
    Line(id="make", text="g++ -c src/a.cc -o build/a.o"),
    Message(id="apt", text="waiting up to 10 min for apt's lock, held by 812 (unattended-upgr)", level="warning"),
    events.StillRunning(id="environment", title="Create the environment", seconds=62.0),
)  # fmt: skip
ERROR = events.Failed(
    exit_code=7,
    error=events.ErrorReport(
        kind="build", message="src/a.cc:1: 'x' was not declared",
        details=("src/a.cc:1:5: error: 'x' was not declared", "log: /root/make.log"),
        remedy="the same command again goes on where it stopped", step="Compile lib/libmxnet.so with 2 jobs",
    ),
)  # fmt: skip

HEAD = """\
# Events: `--json`

Made from `mxbuild/model/outcome.py` and `mxbuild/ui/events.py` by `make reference`.

`mxbuild install --json` writes one JSON object a line to stdout while it works, and one at the end; nothing else goes
there. `verify`, `push`, `rollback` and `gc` with `--json` do the same; commands that only look print one document.
[events.schema.json](events.schema.json) is the same as a JSON Schema.

```sh
mxbuild install mini --json --yes | jq -r 'select(.type == "step-finished") | "\\(.title): \\(.seconds) s"'
mxbuild install mini --json --yes | tail -n 1 | jq -r '.environment'
```

What can be relied on:

- each line is one object with a `type`; the last one is of type `result`, with `ok` and the process's `exit_code`, also
  where an option was wrong or mxbuild itself has a fault. Only a killed process leaves it out.
- types and fields that are here stay, and mean what they mean. New ones may come: pass over what you do not know.
- times are seconds, sizes bytes, paths absolute. Passwords in addresses are `***`. A text of others can hold anything
  that JSON can; characters that a terminal or a CI service would obey are escaped.
- a reader that goes away does not end the work.
- while a step runs, a line comes each minute at least.

Steps, in their order: {steps}.
A step that is not part of the plan has no event.

"""
RESULT = """\
## result

The last line. Where all went well, `install` says:

{install}
Other commands have `type`, `ok`, `exit_code`, and fields of their own. Where it did not go well, every command says:

{failed}
with `error`:

{error}
```json
{example}
```

What the [exit codes](exit-codes.md) mean is a page of its own.
"""


def schema() -> dict[str, Any]:
    """The schema of one line."""
    kinds = [*get_args(Event), events.StillRunning, events.InstallSucceeded, events.Succeeded, events.Failed]
    references, definitions = msgspec.json.schema_components(kinds)
    for kind in kinds:
        for name, table in tables(kind).items():
            describe(definitions[name], table)
    for definition in definitions.values():  # what has a default is written all the same; what can be left out has none
        optional = [name for name, field in definition["properties"].items() if "default" in field]
        definition["required"] = sorted({*definition["required"], *optional})
    whole = {"$schema": DIALECT, "title": "mxbuild --json: one line", "anyOf": list(references), "$defs": definitions}
    plain: dict[str, Any] = json.loads(json.dumps(whole))  # defaults are tuples
    return plain


def page() -> str:
    definitions = schema()["$defs"]
    parts = [HEAD.format(steps=", ".join(dict.fromkeys(f"`{kind.__struct_defaults__[0]}`" for kind in get_args(Step))))]
    for example in EXAMPLES:
        kind = type(example)
        tag, about = kind.__struct_config__.tag, definitions[kind.__name__]["description"]
        line = events.line(example)
        parts.append(f"## {tag}\n\n{about}\n\n{_table(definitions[kind.__name__])}\n```json\n{line}\n```\n\n")
    result = RESULT.format(
        install=_table(definitions["InstallSucceeded"]),
        failed=_table(definitions["Failed"]),
        error=_table(definitions["ErrorReport"]),
        example=events.line(ERROR),
    )
    parts.append(result)
    for kind in PARTS:
        name = kind.__name__
        about = definitions[name]["description"]
        parts.append(f"\n## {name}\n\n{about}\n\n{_table(definitions[name])}")
    return "".join(parts)


def _table(definition: dict[str, Any]) -> str:
    rows = ["| field | type | meaning |", "|---|---|---|"]
    for name, field in definition["properties"].items():
        if name != "type":
            about = (
                str(field.get("description", "")).replace("|", "\\|").replace("None", "null").replace("; ()", "; []")
            )
            rows.append(f"| `{name}` | {_type(field)} | {about} |")
    return "\n".join(rows) + "\n"


def _type(field: dict[str, Any]) -> str:
    if "$ref" in field:
        return str(field["$ref"]).rpartition("/")[2]
    if "enum" in field:
        return " or ".join(f"`{json.dumps(value)}`" for value in field["enum"])
    if "anyOf" in field:
        return " or ".join(_type(one) for one in field["anyOf"])
    if "prefixItems" in field:
        return f"[{', '.join(_type(one) for one in field['prefixItems'])}]"
    if field.get("type") == "array":
        return f"array of {_type(field['items'])}"
    if field.get("type") == "object" and isinstance(field.get("additionalProperties"), dict):
        return f"object of {_type(field['additionalProperties'])}"
    return str(field.get("type", "anything"))


def schema_text() -> str:
    """The file of the schema."""
    return json.dumps(schema(), indent=1, ensure_ascii=False) + "\n"
