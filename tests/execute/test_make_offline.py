"""A make that tries to use the network, in the ways of upstream's Makefiles and in others."""

import subprocess
import sys
from pathlib import Path

import msgspec
import pytest

from mxbuild.errors import BuildError
from mxbuild.execute import make
from mxbuild.model import Event, Line
from tests import project
from tests.project import step, write


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    return write(tmp_path / "tree")


def asking(tree: Path, line: str) -> Path:
    """The project, whose Makefile runs a shell line before it builds the submodule."""
    text = (tree / "Makefile").read_text().replace("SUB:\n", f"SUB:\n\t{line}\n")
    (tree / "Makefile").write_text(text)
    return tree


def said(tree: Path) -> list[str]:
    events: list[Event] = []
    make.run(step(tree), project.context(events))
    return [event.text for event in events if isinstance(event, Line)]


@pytest.mark.parametrize(("line", "headline"), [
    ("wget -q https://example.org/x", "mxbuild: no network while make runs: wget -q https://example.org/x"),
    ("curl -L -o x https://example.org/x", "mxbuild: no network while make runs: curl -L -o x https://example.org/x"),
    ("git clone -q https://example.org/x", "fatal: transport 'https' not allowed"),
    ("cd $(CURDIR)/.. && git -c a.b=c clone -q file://$(CURDIR)/other x", "fatal: transport 'file' not allowed"),
])  # fmt: skip
def test_what_would_bring_something_in_is_stopped_and_told_why(tree: Path, line: str, headline: str) -> None:
    (tree / "other").mkdir()
    subprocess.run(["git", "init", "-q", str(tree / "other")], check=True)
    with pytest.raises(BuildError) as caught:
        said(asking(tree, line))
    assert caught.value.message == headline
    assert any("upstream's Makefile wants to bring something in" in detail for detail in caught.value.details)
    assert "--without" in (caught.value.remedy or "")


def test_git_answers_what_it_knows_by_itself(tree: Path) -> None:
    subprocess.run(["git", "init", "-q", str(tree)], check=True)
    assert "seen=true" in said(asking(tree, "@echo seen=$$(git rev-parse --is-inside-work-tree)"))


def test_a_program_of_another_name_finds_no_network(tree: Path) -> None:
    """Through a proxy that is not there, whatever a name server would say."""
    fetch = "import urllib.request as u; u.urlopen('http://example.org/', timeout=20)"
    lines = said(asking(tree, f'-@{sys.executable} -c "{fetch}" 2>&1'))
    assert any("Connection refused" in line for line in lines)


def test_what_the_plan_puts_on_the_path_is_found_and_what_another_plan_put_there_is_not(tree: Path) -> None:
    first = msgspec.structs.replace(step(tree), programs={"my-tool": sys.executable})
    environment = make.environment_of(first, str(tree))
    search = Path(environment["PATH"].split(":")[0])
    assert (search / "my-tool").resolve() == Path(sys.executable).resolve()
    make.environment_of(step(tree), str(tree))
    assert {p.name for p in search.iterdir()} == {"curl", "wget"}
