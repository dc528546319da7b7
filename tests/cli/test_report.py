"""`mxbuild report`, in this process and as a shell starts it."""

import json
from pathlib import Path

import pytest

from mxbuild.cli import main
from tests.cli.conftest import Run
from tests.report.records import NAME, OTHER, compiled, write


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Two builds, and a directory to write into."""
    write(tmp_path, [*compiled("a", 0, 4, pid=1), *compiled("b", 1, 3, pid=2)])
    write(tmp_path, [*compiled("a", 900, 909, pid=1, name=OTHER)], name=OTHER)
    for name in ("prefix", "state"):
        monkeypatch.setenv(f"MXBUILD_{name.upper()}{'_DIR' * (name == 'state')}", str(tmp_path / name))
    (tmp_path / "work").mkdir()
    monkeypatch.chdir(tmp_path / "work")
    return tmp_path / "work"


def written(here: Path) -> list[str]:
    return sorted(p.name for p in here.iterdir())


def test_the_page_of_the_latest_build_lies_here_and_is_named(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["report"]) == 0
    assert written(here) == [f"mxbuild-{OTHER}.html"]
    said = capsys.readouterr().out
    assert said.endswith(f"\nWritten\n  page  {here}/mxbuild-{OTHER}.html\n")
    assert "         9.0 s   200 MiB  src/a.cc" in said
    assert (here / f"mxbuild-{OTHER}.html").read_text().startswith("<!DOCTYPE html>")


def test_files_are_those_that_were_asked_for(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["report", "1a2b", "--trace", "t.json"]) == 0
    assert written(here) == ["t.json"]
    assert len(json.loads((here / "t.json").read_text())["traceEvents"]) > 4
    assert main(["report", "1a2b", "--trace", "t.json", "-o", "p.html"]) == 0
    assert written(here) == ["p.html", "t.json"]
    capsys.readouterr()
    assert main(["report", "1a2b", "-o", "-"]) == 0
    shown = capsys.readouterr().out
    assert shown.startswith("<!DOCTYPE html>")
    assert shown.rstrip().endswith("</html>")
    assert main(["report", "1a2b", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["name"] == NAME
    assert written(here) == ["p.html", "t.json"]


def test_a_comparison_is_a_table_and_a_page_only_where_it_is_named(
    here: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["report", "--compare", "1a2b", "1aff"]) == 0
    said = capsys.readouterr().out
    assert said.startswith(f"from {NAME}  built 2023-11-14 22:13 UTC\nto   {OTHER}  built 2023-11-14 22:28 UTC\n")
    assert "make              4.0 s    9.0 s    +5.0 s (2.25 times)" in said
    assert "Slower (1 file, +5.0 s of CPU)" in said
    assert written(here) == []
    assert main(["report", "--compare", "1a2b", "1aff", "-o", "p.html"]) == 0
    assert "What changed" in (here / "p.html").read_text()
    capsys.readouterr()
    assert main(["report", "--compare", "1a2b", "1aff", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["slower"][0]["source"] == "src/a.cc"


@pytest.mark.parametrize(
    ("words", "part"),
    [
        (["1a"], "1a is the beginning of 2 builds"),
        (["1a2b~3"], f"{NAME} was compiled once by its records"),
        (["1a2b", "--compare", "1a2b", "1aff"], "--compare takes both builds"),
        (["-o", "no/such/directory/x.html"], "no/such/directory/x.html cannot be written: No such file or directory"),
    ],
)
def test_what_cannot_be_is_said(here: Path, words: list[str], part: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["report", *words]) == 2
    assert part in capsys.readouterr().err
    assert written(here) == []


def test_where_nothing_was_built(mxbuild: Run) -> None:
    done = mxbuild("report")
    assert (done.returncode, done.stdout) == (2, "")
    assert "no build is recorded under" in done.stderr


def test_a_link_in_the_place_of_what_is_not_whole_yet_is_not_followed(
    here: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """In /tmp, anybody can put one there."""
    outside = here / "outside"
    outside.write_text("kept")
    (here / "page.html.partial").symlink_to(outside)
    assert main(["report", "--output", "page.html"]) == 0
    capsys.readouterr()
    assert outside.read_text() == "kept"
    assert "<html" in (here / "page.html").read_text()
