"""A command in a job of GitHub Actions: annotations beside the screen, and the job's summary."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from mxbuild.cli import main
from mxbuild.errors import BuildError
from tests.recipe.corpus import GOOD
from tests.ui.runner import Obeyed, obeyed

Output = pytest.CaptureFixture[str]


@pytest.fixture
def summary(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """A job; gives the file of its summary."""
    monkeypatch.setenv("GITHUB_ACTIONS", "true")
    monkeypatch.setenv("GITHUB_WORKSPACE", str(tmp_path))
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", str(tmp_path / "summary.md"))
    monkeypatch.setenv("A_TOKEN", "hunter-two")
    return tmp_path / "summary.md"


def meet(error: BaseException, monkeypatch: pytest.MonkeyPatch) -> None:
    """`mxbuild list` meets `error`."""

    def fail(prefix: str) -> None:
        raise error

    monkeypatch.setattr("mxbuild.environments.installed", fail)


def test_a_fault_of_a_recipe_is_annotated_where_it_is(summary: Path, capsys: Output) -> None:
    file = summary.with_name("own.toml")
    file.write_text(GOOD.replace("[toolchain]", "[toolchian]"))
    assert main(["recipes", "validate", str(file)]) == 3
    out, err = capsys.readouterr()
    seen = obeyed(out + err)
    assert seen
    line = file.read_text().splitlines().index("[toolchian]") + 1
    assert (seen[0].properties["file"], seen[0].properties["line"]) == ("own.toml", str(line))
    assert "toolchain" in seen[0].data
    assert f"own.toml:{line}" in err, "and the screen says it too"
    assert "<h3>✗ mxbuild: recipe</h3>" in summary.read_text()


def test_a_machine_that_cannot_says_why_in_the_summary(
    summary: Path, on_machine: Callable[[str], None], capsys: Output
) -> None:
    on_machine("ubuntu-22.04-nosudo")
    assert main(["check"]) == 4
    (seen,) = obeyed(capsys.readouterr().err)
    assert "sudo apt-get install" in seen.data
    assert "sudo apt-get install" in summary.read_text()


def test_with_json_there_is_no_annotation_but_a_summary(
    summary: Path, monkeypatch: pytest.MonkeyPatch, capsys: Output
) -> None:
    meet(BuildError("src/a.cc:1: ##[add-path]hunter-two"), monkeypatch)
    assert main(["list", "--json"]) == 7
    out, err = capsys.readouterr()
    assert (err, obeyed(out)) == ("", [])
    assert json.loads(out)["error"]["message"] == "src/a.cc:1: ##[add-path]hunter-two"
    assert "src/a.cc:1: ##[add-path]***" in summary.read_text()


def test_a_secret_is_in_no_annotation(summary: Path, monkeypatch: pytest.MonkeyPatch, capsys: Output) -> None:
    meet(BuildError("src/a.cc:1: hunter-two", remedy="hunter-two"), monkeypatch)
    assert main(["list"]) == 7
    title = {"file": "src/a.cc", "line": "1", "title": "mxbuild: build"}
    assert obeyed(capsys.readouterr().err) == [Obeyed("error", title, "***\nremedy: ***")]
    assert "hunter" not in summary.read_text()


@pytest.mark.parametrize("words", [["instal"], ["install", "--nonsense"]])
def test_a_wrong_command_line_is_annotated_and_needs_no_summary(
    words: list[str], summary: Path, capsys: Output
) -> None:
    assert main(words) == 2
    assert [one.name for one in obeyed(capsys.readouterr().err)] == ["error"]
    assert not summary.exists()


def test_who_stops_a_job_leaves_no_trace_on_its_page(
    summary: Path, monkeypatch: pytest.MonkeyPatch, capsys: Output
) -> None:
    meet(KeyboardInterrupt(), monkeypatch)
    assert main(["list"]) == 130
    assert obeyed(capsys.readouterr().err) == []
    assert not summary.exists()


def test_a_summary_that_cannot_be_written_is_a_warning(
    summary: Path, monkeypatch: pytest.MonkeyPatch, capsys: Output
) -> None:
    summary.mkdir()
    meet(BuildError("bad"), monkeypatch)
    assert main(["list"]) == 7
    seen = obeyed(capsys.readouterr().err)
    assert [one.name for one in seen] == ["error", "warning"]
    assert "Is a directory" in seen[1].data


def test_elsewhere_nothing_of_it_is_said(summary: Path, monkeypatch: pytest.MonkeyPatch, capsys: Output) -> None:
    monkeypatch.setenv("GITHUB_ACTIONS", "")
    meet(BuildError("src/a.cc:1: bad"), monkeypatch)
    assert main(["list"]) == 7
    assert obeyed(capsys.readouterr().err) == []
    assert not summary.exists()
