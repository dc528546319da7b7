"""What the gate lets in where there are workers. Compilers run until the test lets them end, and so does distcc."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from mxbuild.compile.admission import Peak
from mxbuild.compile.fleet import Fleet
from mxbuild.compile.gate import PREPARED, Gate
from mxbuild.resolve.workers import parse
from tests.gated import MIB, NAME, UNTIL, Gated, launcher, wait_for

COMPILER = NAME + ": > $n.here\n" + UNTIL + ": > $n.o\n"
DISTCC = (
    NAME + 'echo "$DISTCC_HOSTS" > $n.away\necho "exec on elsewhere" >> "$DISTCC_LOG"\n' + UNTIL + "rm $n.away\n"
    "code=$(cat $n.code 2>/dev/null || echo 0)\n"
    '[ $code = 0 ] || { rm $n.end; echo "ERROR: no route" >> "$DISTCC_LOG"; }\n'
    ": > $n.o\nexit $code\n"
)
Opened = Callable[..., Gated]


@pytest.fixture(scope="module")
def cxx(tmp_path_factory: pytest.TempPathFactory) -> str:
    return launcher(tmp_path_factory.mktemp("launcher"), COMPILER, DISTCC)


@pytest.fixture
def opened(tmp_path: Path, cxx: str) -> Iterator[Opened]:
    with ExitStack() as stack:

        def build(workers: str, *, here: int, peaks: dict[str, int] | None = None, free: int = 10_000) -> Gated:
            gate = Gate(
                peaks={f"{tmp_path}/{name}.o": Peak(peak * MIB) for name, peak in (peaks or {}).items()},
                usual=100 * MIB,
                jobs=16,
                free=lambda: free * MIB,
                taken=lambda pid: 0,
                roomy=False,
                fleet=Fleet(parse(workers)),
                here=here,
            )
            stack.enter_context(gate)
            one = Gated(tmp_path, cxx, gate)
            stack.callback(one.clear)
            return one

        yield build


def test_slots_elsewhere_are_filled_first_and_here_run_no_more_than_there_are_cpus_for(opened: Opened) -> None:
    build = opened("one/2", here=1)
    build.start("a", "b", "c", "d")
    build.settles(a="away", b="away", c="here")
    assert build.gate.waiting == 0  # the fourth waits for a place, not for memory
    build.end("a")
    build.settles(b="away", c="here", d="away")
    build.end("c")
    build.start("e", "f")
    build.settles(b="away", d="away", e="here")


def test_memory_here_holds_up_nothing_that_runs_elsewhere(opened: Opened) -> None:
    room = 5000 + 2 * PREPARED // MIB + 100  # for the large one here, and for what two elsewhere take of it
    build = opened("one/2", here=4, peaks={"x": 4500, "a": 4500, "b": 4500, "y": 4500}, free=room)
    build.start("a", "b", "x", "y")
    build.settles(a="away", b="away", x="here")  # four times 4,500 MiB, and 5,228 are free


def test_what_only_runs_here_takes_no_slot_elsewhere(opened: Opened) -> None:
    build = opened("one/4", here=1)
    build.start("k.cu", "l.cu", "a")
    build.settles(k="here", a="away")


def test_what_waits_for_memory_here_holds_up_nothing_that_goes_elsewhere(
    opened: Opened, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("mxbuild.compile.admission.PATIENCE", 0.2)
    build = opened("one/2", here=4, peaks={"k": 800, "l": 800}, free=1000)
    build.start("k.cu", "l.cu")
    build.settles(k="here")
    assert build.gate.waiting == 1
    build.start("a")
    build.settles(k="here", a="away")


def test_a_compile_that_comes_back_waits_for_its_memory_here_and_the_worker_rests(opened: Opened) -> None:
    build = opened("one/1", here=4, peaks={"big": 800, "a": 300}, free=1000)
    build.start("a", "big")
    build.settles(a="away", big="here")
    (build.root / "a.code").write_text("103")
    (build.root / "a.end").touch()  # it failed; the compiler here does not fit beside the other
    build.settles(big="here")
    build.end("big")
    build.settles(a="here")
    build.start("b")
    build.settles(a="here", b="here")
    build.end("a")
    build.end("b")
    book = build.ledger
    assert book.back == {f"{build.root}/a.o": ("one", "no route")}
    assert book.away == {}


def test_what_is_told_to_end_ends_elsewhere_too_and_does_not_begin_here(opened: Opened) -> None:
    build = opened("one/1", here=4)
    build.start("a")
    build.settles(a="away")
    child = build.started.pop("a")
    child.terminate()
    assert child.wait(20) == -15
    wait_for(lambda: not build.gate._compiles)
    assert "here" not in build.places.values()
    build.start("b")
    build.settles(b="away", **{name: place for name, place in build.places.items() if name == "a"})
