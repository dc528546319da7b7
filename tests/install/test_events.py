"""What a program reads of a whole install is what docs/reference/events.md says."""

import json

import pytest

from tests.install.conftest import Place
from tests.ui.test_protocol import VALIDATOR, kind_of, undocumented

pytestmark = pytest.mark.xdist_group("install")


def test_every_line_of_an_install_is_as_documented(installed: Place) -> None:
    lines = [json.loads(line) for line in (installed.root / "install.jsonl").read_text().splitlines()]
    for line in lines:
        VALIDATOR.validate(line)
        assert undocumented(line, kind_of(line)) == []
    assert [line["type"] for line in lines].index("result") == len(lines) - 1
    assert {line["type"] for line in lines} >= {"step-started", "step-finished", "progress", "compiling", "line"}
    started, ended = ([x["id"] for x in lines if x["type"] == f"step-{what}"] for what in ("started", "finished"))
    assert started == ended == ["source", "make", "wheel", "environment", "verify", "activate"]
    last = lines[-1]
    assert (last["unchanged"], last["environment"]) == (False, str(installed.current.resolve()))
    assert last["receipt"] == installed.receipt()


def test_one_that_cannot_be_is_too(installed: Place) -> None:
    done = installed.run("install", "mini", "--json", "--gpu", "--cuda-from", "system", check=4, PATH="/usr/bin:/bin")
    (line,) = map(json.loads, done.stdout.splitlines())
    VALIDATOR.validate(line)
    assert undocumented(line, "Failed") == []
