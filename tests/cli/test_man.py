"""The manual page: complete, and roff that no formatter warns of."""

import re
import shutil
import subprocess
from pathlib import Path

import pytest

from mxbuild.cli import cli, main
from mxbuild.cli.manual import escaped, manual
from mxbuild.cli.tree import root, walk
from mxbuild.errors import EXIT_CODES


@pytest.fixture(scope="module")
def page() -> str:
    return manual(root(cli), "1.2.3")


def plain(page: str) -> str:
    """Without what only a formatter reads."""
    page = re.sub(r"\\f[BIR]|\\&", "", page)
    for code, sign in ((r"\(aq", "'"), (r"\(ga", "`"), (r"\(ha", "^"), (r"\(ti", "~"), (r"\(dq", '"'), (r"\-", "-")):
        page = page.replace(code, sign)
    return page.replace(r"\e", "\\")


def test_everything_is_on_it(page: str) -> None:
    text = plain(page)
    for context in walk(root(cli)):
        assert f'\n.SS "{context.command_path} ' in text or context.parent is None, context.command_path
        for line, _ in getattr(context.command, "examples", ()):
            assert f"\n{line}\n" in text
        for param in context.command.params:
            assert (param.opts[-1] if param.param_type_name == "option" else param.make_metavar(context)) in text
    for code, meaning in EXIT_CODES.items():
        assert f".TP\n{code}\n{meaning}\n" in text
    for variable in ("MXBUILD_PREFIX", "MXBUILD_STORE", "MXBUILD_WORKERS", "NO_COLOR"):
        assert f".TP\n{variable}\n" in text


@pytest.mark.parametrize(
    ("text", "roff"),
    [
        ("--help", r"\-\-help"),
        (".start", r"\&.start"),
        ("a\\b", r"a\eb"),
        ("'q' \"d\" `b` ~ ^", r"\(aqq\(aq \(dqd\(dq \(gab\(ga \(ti \(ha"),
        ("…", r"\[u2026]"),
    ],
)
def test_what_roff_would_take_for_its_own_is_escaped(text: str, roff: str) -> None:
    assert escaped(text) == roff


@pytest.mark.parametrize(
    "command",
    [["groff", "-ww", "-man", "-Tutf8", "-rLL=60n"], ["mandoc", "-T", "lint", "-W", "warning"]],
    ids=["groff", "mandoc"],
)
def test_a_formatter_has_nothing_to_say(command: list[str], page: str, tmp_path: Path) -> None:
    if not shutil.which(command[0]):
        pytest.skip(f"no {command[0]} here")
    (tmp_path / "mxbuild.1").write_text(page)
    done = subprocess.run([*command, str(tmp_path / "mxbuild.1")], text=True, capture_output=True, check=False)
    said = done.stderr if command[0] == "groff" else done.stdout + done.stderr
    assert [line for line in said.splitlines() if "missing date" not in line] == []


def test_it_is_printed_and_put_into_place(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path))
    assert main(["man"]) == 0
    printed = capsys.readouterr().out
    assert main(["man", "--install"]) == 0
    file = tmp_path / "man" / "man1" / "mxbuild.1"
    assert file.read_text() == printed
    assert f"undo: rm {file}\n" in capsys.readouterr().out
