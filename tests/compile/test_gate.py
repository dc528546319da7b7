"""The gate with the real launcher, and compilers that say when they run and for how long."""

import os
import subprocess
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack
from pathlib import Path

import pytest

from mxbuild.compile import install, ledger
from mxbuild.compile.admission import PATIENCE, Peak
from mxbuild.compile.gate import VARIABLE, Gate
from tests.gated import MIB, NAME, UNTIL, Gated, launcher, wait_for
from tests.project import GXX, compiler

FAKE = NAME + 'echo "$*" > $n.words; echo "$GLIBC_TUNABLES" > $n.tunables; : > $n.here\n' + UNTIL + ": > $n.o\n"
Opened = Callable[..., Gated]


@pytest.fixture(scope="module")
def cxx(tmp_path_factory: pytest.TempPathFactory) -> str:
    return launcher(tmp_path_factory.mktemp("launcher"), FAKE)


@pytest.fixture
def opened(tmp_path: Path, cxx: str) -> Iterator[Opened]:
    """A function that opens a gate: peaks in MiB, what is free, jobs."""
    with ExitStack() as stack:

        def build(
            peaks: Mapping[str, int | Peak] | None = None, *, free: int | Callable[[], int] = 1000, jobs: int = 8,
            roomy: bool = False, alone: tuple[str, ...] = (), taken: Callable[[int], int] = lambda pid: 0,
        ) -> Gated:  # fmt: skip
            gate = Gate(
                peaks={
                    f"{tmp_path}/{name}.o": peak if isinstance(peak, Peak) else Peak(peak * MIB)
                    for name, peak in (peaks or {}).items()
                },
                usual=100 * MIB,
                jobs=jobs,
                free=free if callable(free) else lambda: free * MIB,
                taken=taken,
                roomy=roomy,
                alone=frozenset(f"{tmp_path}/{name}.o" for name in alone),
            )
            stack.enter_context(gate)
            one = Gated(tmp_path, cxx, gate)
            stack.callback(one.clear)
            return one

        yield build


def test_who_fits_comes_in_and_who_does_not_waits(opened: Opened) -> None:
    build = opened({"a": 300, "b": 300, "c": 300}, free=700)
    build.start("a", "b", "c")
    build.settles("a", "b")
    assert build.gate.waiting == 1
    build.end("a")
    build.settles("b", "c")
    build.end("b", "c")
    assert build.gate.waiting == 0


def test_one_that_fits_nowhere_runs_alone(opened: Opened) -> None:
    build = opened({"huge": 5000, "a": 300}, free=700)
    build.start("huge")
    build.settles("huge")
    build.start("a")
    build.settles("huge")
    build.end("huge")
    build.settles("a")


def test_what_is_unknown_counts_as_usual(opened: Opened) -> None:
    build = opened(free=250)  # 110 MiB each
    build.start("a", "b", "c")
    build.settles("a", "b")


def test_who_fits_beside_one_that_waits_passes_it(opened: Opened) -> None:
    build = opened({"a": 500, "large": 500, "small": 50, "other": 50}, free=700)
    build.start("a", "large", "small", "other")
    build.settles("a", "small", "other")
    build.end("a")
    build.settles("small", "other", "large")


def test_those_who_pass_are_counted(opened: Opened, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("mxbuild.compile.admission.PATIENCE", 0.0)
    build = opened({"a": 300, "large": 500, "one": 100, "two": 100}, free=700)
    build.start("a", "large", "one", "two")
    build.settles("a", "one")


def test_who_would_put_it_off_passes_only_where_it_ends_before(opened: Opened) -> None:
    sizes = {"a": (300, 100.0), "large": (500, 10.0), "quick": (200, 50.0), "slow": (200, 200.0)}
    build = opened({name: Peak(size * MIB, 0, seconds) for name, (size, seconds) in sizes.items()}, free=700)
    build.start("a", "large", "slow")
    build.settles("a")
    build.start("quick")
    build.settles("a", "quick")
    build.end("a")
    build.settles("quick")
    build.end("quick")
    build.settles("large")


def test_where_no_time_is_known_it_is_passed_for_a_while(opened: Opened, monkeypatch: pytest.MonkeyPatch) -> None:
    build = opened({"a": 300, "large": 500, "one": 150, "other": 150}, free=700)
    build.start("a", "large", "one")
    build.settles("a", "one")
    # But not for ever: it would never be its turn.
    monkeypatch.setattr("mxbuild.compile.admission.PATIENCE", 0.0)
    build.start("other")
    build.settles("a", "one")
    build.end("a")
    build.settles("one")
    build.end("one")
    build.settles("large")
    assert PATIENCE > 1


def test_memory_that_others_take_meanwhile_is_gone(opened: Opened) -> None:
    free = [1000]
    build = opened({"a": 300, "b": 300}, free=lambda: free[0] * MIB)
    build.start("a")
    build.settles("a")
    free[0] = 400  # 330 of it are kept for a
    build.start("b")
    build.settles("a")
    free[0] = 1000
    build.settles("a", "b")


def test_what_a_compiler_has_taken_is_not_kept_for_it_twice(opened: Opened) -> None:
    build = opened({"a": 300, "b": 300}, free=400, taken=lambda pid: 330 * MIB)
    build.start("a", "b")
    build.settles("a", "b")


def test_what_a_killed_compiler_had_is_free_again(opened: Opened, tmp_path: Path) -> None:
    build = opened({"a": 600, "b": 600}, free=700)
    build.start("a", "b")
    build.settles("a")
    book = build.ledger
    (entry,) = (e for e in book.running.values() if e.source == "a.cc")
    os.kill(entry.pid, 9)
    assert build.started.pop("a").wait(20) == -9
    wait_for((tmp_path / "b.here").exists)


def test_one_that_is_killed_while_it_waits_is_forgotten(opened: Opened) -> None:
    build = opened({"a": 600, "b": 600}, free=700)
    build.start("a", "b")
    build.settles("a")
    (waiting,) = (c.pid for c in build.gate._compiles.values() if not c.granted)
    os.kill(waiting, 9)
    wait_for(lambda: build.gate.waiting == 0)
    assert build.started.pop("b").wait(20) == -9


def test_an_object_that_needs_the_machine_for_itself_gets_it(opened: Opened) -> None:
    build = opened(free=10_000, alone=("a",))
    build.start("b", "a", "c")
    build.settles("b")
    build.end("b")
    build.settles("a")
    build.end("a")
    build.settles("c")


def test_without_the_gate_compilers_start_as_ever(opened: Opened) -> None:
    build = opened(free=10_000)
    build.start("a")
    build.settles("a")
    build.gate.__exit__(None, None, None)
    child = subprocess.Popen(
        [build.cxx, "-c", "b.cc", "-o", "b.o"], cwd=build.root, env={**os.environ, VARIABLE: build.gate.name}
    )
    wait_for((build.root / "b.here").exists)
    for name in ("a", "b"):
        (build.root / f"{name}.end").touch()
    assert (child.wait(20), build.started.pop("a").wait(20)) == (0, 0)


@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
def test_a_fault_of_the_gate_stops_no_compiler(opened: Opened) -> None:
    build = opened(free=lambda: 1 // 0)
    build.start("a")
    build.settles("a")


def test_room_is_given_where_it_would_lie_idle(opened: Opened, tmp_path: Path) -> None:
    build = opened({"a": 100, "b": Peak(100 * MIB, 500 * MIB), "c": 100}, free=1000, jobs=3, roomy=True)
    build.start("a", "b")
    build.settles("a", "b")
    # a: 242 of 1000, and 110 for each of the two that are still to come; b: 550 of 758, and 110 for c.
    assert [(tmp_path / f"{name}.words").read_text().split()[4:] for name in "ab"] == [list(install.ROOM)] * 2
    assert (tmp_path / "a.tunables").read_text() == "glibc.malloc.hugetlb=1\n"
    build.start("c")  # 208 are left
    build.settles("a", "b", "c")
    assert (tmp_path / "c.words").read_text() == "-c c.cc -o c.o\n"
    assert (tmp_path / "c.tunables").read_text() == "\n"
    build.end("a", "b", "c")
    assert build.ledger.roomy == {f"{tmp_path}/a.o", f"{tmp_path}/b.o"}


@pytest.mark.parametrize("option", ["-g", "-g1", "-ggdb", "-frecord-gcc-switches"])
def test_no_room_where_the_object_would_tell(opened: Opened, tmp_path: Path, option: str) -> None:
    build = opened(free=100_000, roomy=True)
    child = subprocess.Popen(
        [build.cxx, option, "-c", "a.cc", "-o", "a.o"], cwd=tmp_path, env={**os.environ, VARIABLE: build.gate.name}
    )
    (tmp_path / "a.end").touch()
    assert child.wait(20) == 0
    assert (tmp_path / "a.words").read_text() == f"{option} -c a.cc -o a.o\n"


def test_with_room_the_object_is_the_same(tmp_path: Path) -> None:
    made = install.install(
        str(tmp_path / "bin"), compiler=compiler(), ledger=str(tmp_path / "ledger"), environment=os.environ
    )
    (tmp_path / "a.cc").write_text(
        '#include <map>\n#include <string>\nstd::map<std::string, int> m;\nint f() { return m["a"]; }\n'
    )
    subprocess.run([GXX, "-O3", "-c", "a.cc", "-o", "bare.o"], cwd=tmp_path, check=True)
    with Gate(peaks={}, usual=MIB, jobs=1, free=lambda: 8 << 30, taken=lambda pid: 0, roomy=True) as gate:
        environment = {**os.environ, VARIABLE: gate.name}
        subprocess.run([made.cxx, "-O3", "-c", "a.cc", "-o", "ours.o"], cwd=tmp_path, env=environment, check=True)
    book = ledger.read(str(tmp_path / "ledger"))
    assert book.roomy == {f"{tmp_path}/ours.o"}
    assert (tmp_path / "ours.o").read_bytes() == (tmp_path / "bare.o").read_bytes()
