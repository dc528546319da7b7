import os
import shutil
from pathlib import Path

import pytest

from mxbuild.compile import objects
from mxbuild.errors import BuildError
from tests.project import SOURCES, write

MAKE = shutil.which("make") or "/usr/bin/make"
ENV = {"PATH": os.environ["PATH"]}


def test_make_itself_says_what_it_will_build(tmp_path: Path) -> None:
    tree = write(tmp_path / "tree")
    found = objects.planned(MAKE, str(tree), {".": "ALL_DEP", "sub": "OBJ"}, ["CXX=false"], ENV)
    ours = {f"{tree}/build/src/{name}.o": f"build/src/{name}.o" for name in sorted(SOURCES)}
    assert list(found.items()) == [*ours.items(), (f"{tree}/sub/one.o", ""), (f"{tree}/sub/two.o", "")]
    assert not (tree / "build").exists(), "nothing may be built for the question"
    assert not (tree / "sub" / "libsub.a").exists()


def test_the_variables_of_the_command_line_count(tmp_path: Path) -> None:
    tree = write(tmp_path / "tree")
    (tree / "Makefile").write_text("ifeq ($(WITH_B), 1)\nB = b.o\nendif\nALL = a.o $(B) a.o\n")
    assert len(objects.planned(MAKE, str(tree), {".": "ALL"}, ["WITH_B=0"], ENV)) == 1
    assert len(objects.planned(MAKE, str(tree), {".": "ALL"}, ["WITH_B=1"], ENV)) == 2


def test_more_objects_than_a_command_line_holds(tmp_path: Path) -> None:
    (tmp_path / "Makefile").write_text("ALL = " + " ".join(f"{'d' * 50}/{n}.o" for n in range(5000)))
    assert len(objects.planned(MAKE, str(tmp_path), {".": "ALL"}, [], ENV)) == 5000


def test_a_makefile_that_cannot_be_read(tmp_path: Path) -> None:
    (tmp_path / "Makefile").write_text("include nowhere.mk\n")
    with pytest.raises(BuildError, match="cannot read its files") as caught:
        objects.planned(MAKE, str(tmp_path), {".": "ALL"}, [], ENV)
    assert any("nowhere.mk" in line for line in caught.value.details)


def test_a_variable_that_lists_nothing_is_no_total(tmp_path: Path) -> None:
    (tmp_path / "Makefile").write_text("ALL = a.o\n")
    with pytest.raises(BuildError, match="lists no objects in ALLL"):
        objects.planned(MAKE, str(tmp_path), {".": "ALLL"}, [], ENV)


def test_the_heaviest_are_named_first_and_the_unknown_not_at_all() -> None:
    cost = {"/t/a.o": 1.0, "/t/b.o": 5.0, "/t/sub/c.o": 9.0}
    names = {"/t/a.o": "a.o", "/t/b.o": "b.o", "/t/sub/c.o": "", "/t/d.o": "d.o"}
    assert objects.heaviest_first(names, lambda name: cost.get(name, 0.0)) == ("/t/b.o", "/t/a.o")
