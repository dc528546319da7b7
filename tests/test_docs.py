"""What the pages say can be typed: every command of theirs is one, with options that it has."""

import re
from pathlib import Path

import click
import pytest

from tests.commands import call_in, parse
from tests.docs.pages import pages

ROOT = Path(__file__).parents[1]
BLOCK = re.compile(r"^```(?:sh|console|yaml)\n(.*?)^```", re.MULTILINE | re.DOTALL)


def calls(page: str) -> list[str]:
    """Every call of mxbuild in the code blocks of a page."""
    blocks = BLOCK.findall((ROOT / page).read_text())
    return [call for block in blocks for line in block.splitlines() if (call := call_in(line))]


def wrong(call: str) -> str:
    """What is wrong with a call; "" where nothing is."""
    try:
        parse(call)
    except click.ClickException as error:
        return error.format_message()
    return ""


def test_a_command_on_a_page_is_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MXBUILD_STORE", "store")
    monkeypatch.setenv("MXBUILD_WORKERS", "build1/8")
    assert [(page, call, why) for page in pages() for call in calls(page) if (why := wrong(call))] == []


def test_the_pages_have_calls() -> None:
    assert len(calls("docs/howto/fleet.md")) > 8
    assert len(calls("docs/howto/offline.md")) > 5
    assert len(calls("README.md")) > 8


NAMED = re.compile(r"`(tests/[\w/]+\.py)::(\w+)`")


def test_every_promise_names_tests_that_exist() -> None:
    text = (ROOT / "docs/explanation/reliability.md").read_text()
    rows = [line for line in text.splitlines() if line.startswith("| R")]
    assert [row.split()[1] for row in rows] == [f"R{n}" for n in range(1, 18)]
    for row in rows:
        named = NAMED.findall(row)
        assert named, row
        for file, name in named:
            assert f"\ndef {name}(" in (ROOT / file).read_text(), f"{file} has no {name}"
