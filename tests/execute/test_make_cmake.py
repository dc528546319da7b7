"""make that has CMake build a part: the real ones, on a small project."""

import shutil
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import msgspec
import pytest

from mxbuild.compile import objects
from mxbuild.execute import make
from mxbuild.execute.context import Context
from mxbuild.model import Compiling, Event, Make, Outcome
from tests import project
from tests.project import GXX, TOTAL, script, step, write

CMAKE = shutil.which("cmake") or "/usr/bin/cmake"
PART = "part/build"
RULES = """
PART: $(CURDIR)/part/build/install/lib/libpart.so.1
$(CURDIR)/part/build/install/lib/libpart.so.1:
	cmake part -B$(CURDIR)/part/build -DCMAKE_INSTALL_PREFIX=$(CURDIR)/part/build/install
	$(MAKE) -C part/build VERBOSE=1
	$(MAKE) -C part/build install
"""
LISTS = """
cmake_minimum_required(VERSION 3.5)
project(part C CXX)
include(CheckCXXSourceCompiles)
check_cxx_source_compiles("int main() { return 0; }" WORKS)
add_library(part SHARED src/three.cc src/four.c)
set_target_properties(part PROPERTIES VERSION 1.2 SOVERSION 1)
install(TARGETS part DESTINATION lib)
"""


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    """The small project, of which CMake builds two objects before make compiles its own."""
    where = write(tmp_path / "tree")
    text = (where / "Makefile").read_text().replace("build/src/%.o: src/%.cc\n", "build/src/%.o: src/%.cc | PART\n")
    (where / "Makefile").write_text(text + RULES)
    (where / "part" / "src").mkdir(parents=True)
    (where / "part" / "CMakeLists.txt").write_text(LISTS)
    (where / "part" / "src" / "three.cc").write_text('extern "C" int three() { return 3; }\n')
    (where / "part" / "src" / "four.c").write_text("int four(void) { return 4; }\n")
    return where


def mixed(tree: Path, cxx: str = GXX) -> Make:
    """The step, with CMake off make's PATH, where pip puts it."""
    return msgspec.structs.replace(step(tree, cxx=cxx), programs={"cmake": CMAKE}, cmake=(PART,))


def built(one: Make) -> tuple[Outcome, list[Event]]:
    events: list[Event] = []
    return make.run(one, project.context(events)), events


def last(events: list[Event]) -> Compiling:
    return [e for e in events if isinstance(e, Compiling)][-1]


def test_what_cmake_compiles_counts_and_what_it_tries_out_does_not(tree: Path) -> None:
    outcome, events = built(mixed(tree))
    assert (outcome.evidence["objects"], outcome.evidence["compiled"]) == (TOTAL + 2, TOTAL + 2)
    assert (last(events).done, last(events).total) == (TOTAL + 2, TOTAL + 2)
    names = {Path(name).name for name in project.ledger(mixed(tree)).finished if f"/{PART}/" in name}
    assert names == {"three.cc.o", "four.c.o"}


def test_the_total_is_known_before_the_first_of_them_has_ended(tree: Path, tmp_path: Path) -> None:
    gate = tmp_path / "gate"
    gate.touch()
    held = script(
        tmp_path / "held", f'case "$*" in *three.cc.o*) while [ -e {gate} ]; do sleep 0.05; done;; esac\n{GXX} "$@"\n'
    )
    totals, names = list[int](), set[str]()

    def watch(event: Event) -> None:
        if isinstance(event, Compiling) and (now := [name for name, _ in event.running if name.endswith("three.cc")]):
            totals.append(event.total)
            names.update(now)
            gate.unlink(missing_ok=True)

    make.run(mixed(tree, held), watched(watch))
    assert set(totals) == {TOTAL + 2}
    assert [name for name in names if name.startswith("/")] == [], "CMake names sources by their whole paths"


def watched(watch: Callable[[Event], None]) -> Context:
    return replace(project.context([]), watch=watch)


def test_once_more_compiles_nothing_of_it(tree: Path) -> None:
    built(mixed(tree))
    outcome, events = built(mixed(tree))
    assert (outcome.evidence["compiled"], outcome.evidence["objects"]) == (0, TOTAL + 2)
    assert (last(events).done, last(events).total) == (TOTAL + 2, TOTAL + 2)


def test_a_damaged_object_of_it_and_a_torn_library_are_made_anew(tree: Path) -> None:
    built(mixed(tree))
    (damaged,) = (tree / PART).rglob("three.cc.o")
    damaged.write_bytes(damaged.read_bytes()[:100])
    installed = tree / PART / "install" / "lib"
    whole = (installed / "libpart.so.1.2").read_bytes()
    (installed / "libpart.so.1.2").write_bytes(whole[:100])
    time.sleep(0.01)
    outcome, _ = built(mixed(tree))
    assert outcome.evidence["compiled"] == 1
    assert (installed / "libpart.so.1").read_bytes() == whole


def test_cmakes_makefiles_name_their_objects(tmp_path: Path) -> None:
    directory = tmp_path / "src" / "CMakeFiles" / "part.dir"
    assert objects.generated(str(tmp_path)) == ()
    directory.mkdir(parents=True)
    (directory / "build.make").write_text(
        "include src/CMakeFiles/part.dir/flags.make\n\n"
        "src/CMakeFiles/part.dir/a/b.cpp.o: src/CMakeFiles/part.dir/flags.make\n"
        "src/CMakeFiles/part.dir/a/b.cpp.o: ../src/a/b.cpp\n"
        "libpart.a: src/CMakeFiles/part.dir/a/b.cpp.o\n"
    )
    for trials in ("CMakeTmp", "CMakeScratch/TryCompile-1"):
        trial = tmp_path / "CMakeFiles" / trials / "CMakeFiles" / "cmTC_1.dir"
        trial.mkdir(parents=True)
        (trial / "build.make").write_text("CMakeFiles/cmTC_1.dir/x.c.o: CMakeFiles/cmTC_1.dir/flags.make\n")
    assert objects.generated(str(tmp_path)) == (f"{directory}/a/b.cpp.o",)
