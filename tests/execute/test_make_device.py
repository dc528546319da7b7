"""The make step with device code: two calls of nvcc for each .cu, and the host compiler below it."""

from pathlib import Path

import msgspec
import pytest

from mxbuild.errors import BuildError
from mxbuild.execute import make
from mxbuild.model import Compiling, Event, Make, Message, Outcome
from tests import project
from tests.project import FAKE_NVCC, SYMBOLS, TOTAL, script, step, write

RULES = """\
CUSRC = $(wildcard src/*.cu)
CUOBJ = $(patsubst src/%.cu, build/src/%_gpu.o, $(CUSRC))
ALL_DEP += $(CUOBJ)
OBJ += $(CUOBJ)
lib/libsmall.so: $(CUOBJ)
build/src/%_gpu.o: src/%.cu
	@mkdir -p $(@D)
	$(NVCC) -ccbin $(CXX) $(EXTRA_NV) -Xcompiler "-O0 -fPIC" -M -MT $@ $< > build/src/$*_gpu.d
	$(NVCC) -ccbin $(CXX) $(EXTRA_NV) -Xcompiler "-O0 -fPIC" -c -o $@ $<
"""
"""As upstream's Makefile has them (0.12.1: Makefile:352-371)."""
LIBRARY = "lib/libsmall.so"


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    tree = write(tmp_path / "tree")
    lines = (tree / "Makefile").read_text()
    (tree / "Makefile").write_text(lines.replace("lib/libsmall.so:", f"{RULES}lib/libsmall.so:", 1))
    for name in ("first", "second"):
        (tree / "src" / f"{name}.cu").write_text(f'#include "all.h"\nextern "C" int device_{name}() {{ return 1; }}\n')
    return tree


def with_nvcc(tree: Path, text: str = FAKE_NVCC, **flags: tuple[str, ...]) -> Make:
    nvcc = script(tree.parent / "nvcc", text)
    sources = {f"src/{name}.cc": more for name, more in flags.items()}
    return msgspec.structs.replace(step(tree), nvcc=nvcc, source_flags=sources)


def built(one: Make) -> tuple[Outcome, list[Event]]:
    events: list[Event] = []
    return make.run(one, project.context(events)), events


def test_each_cu_counts_once(tree: Path) -> None:
    one = with_nvcc(tree)
    outcome, events = built(one)
    assert project.symbols(tree / LIBRARY) == SYMBOLS
    assert (outcome.evidence["objects"], outcome.evidence["compiled"]) == (TOTAL + 2, TOTAL + 2)
    device = outcome.evidence["device"]
    assert device["compiled"] == 2
    assert 0 < device["cpu_seconds"] < outcome.evidence["cpu_seconds"]
    assert device["peak_memory"] > 1 << 20
    seen = [e for e in events if isinstance(e, Compiling)]
    assert {e.total for e in seen} == {TOTAL + 2}, "nothing is added on the way"
    assert seen[-1].done == TOTAL + 2
    assert f"NVCC={one.launcher}/nvcc" in Path(one.log).read_text().splitlines()[0].split()


def test_a_build_for_the_cpu_names_no_nvcc(tree: Path) -> None:
    for path in (tree / "src").glob("*.cu"):
        path.unlink()
    outcome, _ = built(step(tree))
    assert "NVCC" not in Path(step(tree).log).read_text().splitlines()[0]
    assert "device" not in outcome.evidence


def test_what_nvcc_left_whole_stays_and_what_it_tore_goes(tree: Path) -> None:
    one = with_nvcc(tree)
    built(one)
    (tree / "build/src/first_gpu.d").write_text("build/src/first_gpu.o : src/first.cu \\\n")
    outcome, events = built(one)
    assert outcome.evidence["compiled"] == 1
    said = [e.text for e in events if isinstance(e, Message)]
    assert said == [f"{TOTAL + 1} objects are whole and stay, 4 files are made anew"]


def test_nvccs_own_error_is_the_one_that_is_shown(tree: Path) -> None:
    fatal = "nvcc fatal   : Unsupported gpu architecture 'compute_30'"
    with pytest.raises(BuildError, match=fatal) as caught:
        built(with_nvcc(tree, f'echo "{fatal}" >&2; exit 1\n'))
    assert any(line.startswith("cause: ") for line in caught.value.details)
    assert "--cuda-arch" in (caught.value.remedy or "")


def test_where_a_compiler_of_nvccs_is_killed_it_has_the_machine_to_itself(tree: Path) -> None:
    # nvcc itself lives, and says so.
    killed = "nvcc error   : 'cicc' died due to signal 9 (Kill signal)"
    mark = tree.parent / "mark"
    _, events = built(
        with_nvcc(
            tree, f'[ "$1" = --help ] || [ -e {mark} ] || {{ : > {mark}; echo "{killed}" >&2; exit 9; }}\n{FAKE_NVCC}'
        )
    )
    assert any("memory ran out" in e.text for e in events if isinstance(e, Message))
    assert project.symbols(tree / LIBRARY) == SYMBOLS


def test_a_sources_own_flags_reach_its_compile_alone(tree: Path) -> None:
    (tree / "src/beta.cc").write_text('#ifndef OWN\n#error no flag\n#endif\nextern "C" int beta() { return 1; }\n')
    (tree / "src/alpha.cc").write_text('#ifdef OWN\n#error not mine\n#endif\nextern "C" int alpha() { return 1; }\n')
    built(with_nvcc(tree, beta=("-DOWN",)))
    assert project.symbols(tree / LIBRARY) == SYMBOLS
