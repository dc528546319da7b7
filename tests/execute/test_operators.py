"""Operators of the user's own: counted by their content, copied into the tree, compiled into the library."""

import os
import shlex
import subprocess
from collections.abc import Callable
from pathlib import Path

import msgspec
import pytest
from elftools.elf.elffile import ELFFile

from mxbuild.cli import main
from mxbuild.detect.operators import look
from mxbuild.errors import BuildError, UsageError
from mxbuild.execute import make, operators
from mxbuild.model import Build, ExtraOperators, Request, Variable
from mxbuild.plan import digest
from mxbuild.resolve import asked, resolve
from mxbuild.script import _operators as copied
from tests import project
from tests.machines import bookworm, recipe

SOURCE = 'extern "C" int own() { return 7; }\n'
EXTRA = "EXTRA_OBJ = $(patsubst %.cc, %.o, $(wildcard $(addsuffix /*.cc, $(EXTRA_OPERATORS))))\n"
MAKEFILE = project.MAKEFILE.replace(
    "ALL_DEP = $(OBJ)",
    f"{EXTRA}ALL_DEP = $(OBJ) $(EXTRA_OBJ)",
).replace("-o $@ $(OBJ)", "-o $@ $(OBJ) $(EXTRA_OBJ)") + "%.o: %.cc\n\t$(CXX) -fPIC -MMD -c $< -o $@\n"  # fmt: skip


@pytest.fixture
def own(tmp_path: Path) -> Path:
    """A directory of operators whose name make could not have: it is never in a list of make's."""
    directory = tmp_path / "my operators"
    (directory / "more" / "deep").mkdir(parents=True)
    (directory / "own.cc").write_text(SOURCE)
    (directory / "more" / "deep" / "own.h").write_text("#pragma once\n")
    (directory / "README.md").write_text("not compiled\n")
    (directory / "own.o").write_text("not ours\n")
    (directory / ".git").mkdir()
    (directory / ".git" / "old.cc").write_text("hidden\n")
    return directory


def test_what_is_compiled_and_what_that_includes_are_counted(own: Path) -> None:
    found = look(str(own))
    assert list(found.files) == ["own.cc", "more/deep/own.h"]
    assert all(len(value) == 64 for value in found.files.values())


def test_another_content_is_another_place_and_another_directory_is_not(own: Path, tmp_path: Path) -> None:
    first = look(str(own))
    moved = msgspec.structs.replace(first, directory="/elsewhere")
    (own / "more" / "deep" / "own.h").write_text("#pragma once\n#define X 1\n")
    header = look(str(own))
    (own / "more" / "deep" / "own.h").rename(own / "own.h")
    renamed = look(str(own))
    assert moved.place == first.place
    assert len({first.place, header.place, renamed.place}) == 3


def _empty(own: Path) -> None:
    (own / "own.cc").unlink()


def _deep(own: Path) -> None:
    (own / "own.cc").rename(own / "more" / "deep" / "own.cc")


def _blank(own: Path) -> None:
    (own / "own.cc").rename(own / "my own.cc")


def _expanding(own: Path) -> None:
    (own / "own.cc").rename(own / "$(shell id).cc")


def _large(own: Path) -> None:
    with (own / "own.cc").open("wb") as file:
        file.truncate(17 << 20)


def _looping(own: Path) -> None:
    (own / "loop.cc").symlink_to("loop.cc")


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (_empty, "and there is none"),
        (_deep, "and there is none"),
        (_blank, "make cannot have 'my own.cc'"),
        (_expanding, r"make cannot have '\$\(shell id\).cc'"),
        (_large, "more than 16 MB"),
        (_looping, "loop.cc cannot be read"),
    ],
)
def test_what_make_could_not_compile_is_refused_before_anything(
    own: Path, change: Callable[[Path], None], said: str
) -> None:
    change(own)
    with pytest.raises(UsageError, match=said):
        look(str(own))


def test_a_directory_that_is_not_there(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["plan", "mini", "--extra-operators", "/nowhere/at/all"]) == 2
    assert "there is no such directory" in capsys.readouterr().err


def built(extra: ExtraOperators | None) -> Build:
    return resolve(recipe(), bookworm(), Request(extra_operators=extra))


def test_they_are_a_flag_of_the_build_and_part_of_its_name(own: Path) -> None:
    extra = look(str(own))
    one, other = built(extra), built(None)
    flag = next(d for d in one.decisions if d.subject == "EXTRA_OPERATORS")
    assert (flag.choice, flag.asked) == (extra.place, True)
    assert flag.why == f"--extra-operators {own}: own.cc, more/deep/own.h"
    assert one.fingerprint != other.fingerprint
    assert one.fingerprint == built(msgspec.structs.replace(extra, directory="/elsewhere")).fingerprint


def test_a_command_line_of_the_request_names_the_directory(own: Path) -> None:
    options = asked.options(Request(extra_operators=look(str(own))))
    assert shlex.join(options) == f"--extra-operators '{own}'"


def test_set_is_no_way_around_what_is_counted() -> None:
    with pytest.raises(UsageError, match="--set EXTRA_OPERATORS=mine: use --extra-operators DIR"):
        resolve(recipe(), bookworm(), Request(flags={"EXTRA_OPERATORS": "mine"}))


def test_a_recipe_without_the_flag_says_so(own: Path) -> None:
    without = msgspec.structs.replace(recipe(), flags={n: f for n, f in recipe().flags.items() if n[:5] != "EXTRA"})
    with pytest.raises(UsageError, match="has no flag EXTRA_OPERATORS"):
        resolve(without, bookworm(), Request(extra_operators=look(str(own))))


def test_builds_without_any_are_the_steps_that_they_were(own: Path, tmp_path: Path) -> None:
    """Those that were finished before there were such operators are finished still."""
    step = project.step(tmp_path / "tree")
    assert digest(step) == digest(msgspec.structs.replace(step, operators=look(str(own))))


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    made = project.write(tmp_path / "tree")
    (made / "Makefile").write_text(MAKEFILE)
    return made


def defined(library: Path) -> set[str]:
    with library.open("rb") as file:
        table = ELFFile(file).get_section_by_name(".dynsym")
        return {s.name for s in table.iter_symbols() if s["st_shndx"] != "SHN_UNDEF"}  # type: ignore[union-attr]


def test_they_are_compiled_into_the_library_and_their_directory_stays_as_it_is(own: Path, tree: Path) -> None:
    extra, before = look(str(own)), sorted(map(str, own.rglob("*")))
    step = msgspec.structs.replace(
        project.step(tree), operators=extra, variables=(Variable("EXTRA_OPERATORS", extra.place, ""),)
    )
    outcome = make.run(step, project.context([]))
    assert {"own", *project.SYMBOLS} <= defined(tree / step.library)
    assert outcome.evidence["objects"] == project.TOTAL + 1
    assert sorted(map(str, own.rglob("*"))) == before
    # Again: nothing of it is compiled anew.
    again = make.run(step, project.context([]))
    assert again.evidence["compiled"] == 0


def test_a_file_that_was_changed_after_the_plan_is_not_compiled(own: Path, tree: Path) -> None:
    step = msgspec.structs.replace(project.step(tree), operators=look(str(own)))
    (own / "own.cc").write_text("other\n")
    with pytest.raises(BuildError, match="was changed since the plan was made"):
        operators.place(step, str(tree))
    (own / "own.cc").unlink()
    with pytest.raises(BuildError, match=r"own\.cc cannot be read"):
        operators.place(step, str(tree))


def test_what_does_not_belong_there_goes(own: Path, tree: Path) -> None:
    extra = look(str(own))
    step = msgspec.structs.replace(project.step(tree), operators=extra)
    operators.place(step, str(tree))
    place = tree / extra.place
    time = (place / "own.cc").stat().st_mtime_ns
    for name in ("stranger.cc", "own.o", "own.d"):
        (place / name).write_text("x")
    (place / "more" / "deep" / "own.h").write_text("changed\n")
    operators.place(step, str(tree))
    assert sorted(os.listdir(place)) == ["more", "own.cc", "own.d", "own.o"]
    assert (place / "own.cc").stat().st_mtime_ns == time
    assert (place / "more" / "deep" / "own.h").read_text() == "#pragma once\n"


def test_the_script_copies_and_compares_them(own: Path, tree: Path) -> None:
    """Run as it stands, up to make itself."""
    extra = look(str(own))
    step = msgspec.structs.replace(project.step(tree, EXTRA_OPERATORS=extra.place), operators=extra)
    copying = "\n".join(["set -eu", *copied(step)])
    subprocess.run(["sh", "-c", copying], check=True, capture_output=True)
    assert (tree / extra.place / "own.cc").read_text() == SOURCE
    (own / "own.cc").write_text("other\n")
    assert subprocess.run(["sh", "-c", copying], check=False, capture_output=True).returncode != 0
