"""What the pages say can be typed: every command of theirs is one, with options that it has."""

import re
import shlex
from pathlib import Path

import click
import pytest

from mxbuild.cli import cli
from mxbuild.cli.invocation import Invocation
from tests.docs.pages import pages

ROOT = Path(__file__).parents[1]
BLOCK = re.compile(r"^```(?:sh|console|yaml)\n(.*?)^```", re.MULTILINE | re.DOTALL)
CALL = re.compile(r"""(?:^|[\s"(])mxbuild (.+)$""")
AROUND = re.compile(r"\)|\s--(?:\s|$)|\s(?:#|\||&&|;|>>?)(?:\s|$)")
"""Where the shell goes on, or another program's words begin."""


def calls(page: str) -> list[str]:
    """Every call of mxbuild in the code blocks of a page, without what stands around it."""
    blocks = BLOCK.findall((ROOT / page).read_text())
    lines = [match[1] for block in blocks for line in block.splitlines() if (match := CALL.search(line))]
    return [AROUND.split(line)[0].strip() for line in lines]


@pytest.mark.parametrize(("page", "call"), [(page, call) for page in pages() for call in calls(page)])
def test_a_command_on_a_page_is_one(page: str, call: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MXBUILD_STORE", "store")
    monkeypatch.setenv("MXBUILD_WORKERS", "build1/8")
    name, *words = shlex.split(call)
    words += ["--", "true"] if name == "run" else []
    with click.Context(cli, obj=Invocation(()), **cli.context_settings) as context:
        command = cli.get_command(context, name)
        while isinstance(command, click.Group):
            command = command.get_command(context, words.pop(0))
        assert command is not None, call
        command.make_context(name, words, parent=context)  # raises what is wrong with the options


def test_the_pages_have_calls() -> None:
    assert len(calls("docs/howto/fleet.md")) > 8
    assert len(calls("docs/howto/offline.md")) > 5
    assert len(calls("README.md")) > 8


NAMED = re.compile(r"`(tests/[\w/]+\.py)::(\w+)`")


def test_every_promise_names_tests_that_exist() -> None:
    text = (ROOT / "docs/explanation/reliability.md").read_text()
    rows = [line for line in text.splitlines() if line.startswith("| R")]
    assert [row.split()[1] for row in rows] == [f"R{n}" for n in range(1, 17)]
    for row in rows:
        named = NAMED.findall(row)
        assert named, row
        for file, name in named:
            assert f"\ndef {name}(" in (ROOT / file).read_text(), f"{file} has no {name}"
