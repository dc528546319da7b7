import json
from itertools import pairwise
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from mxbuild.compile.costs import Cost
from mxbuild.compile.ledger import Entry, entries
from mxbuild.report import history
from mxbuild.report.model import Compile
from tests.report.records import MIB, NAME, START, TREE, compiled, let_in


def read(lines: list[dict[str, Any]]) -> list[history.Attempt]:
    text = "".join(json.dumps(line, separators=(",", ":")) + "\n" for line in lines)
    return history.attempts(entries(text.encode()))


def laid_out(lines: list[dict[str, Any]], *spans: tuple[float, float]) -> tuple[Compile, ...]:
    seen = read(lines)
    found = history.windows(seen, [(START + a, START + b) for a, b in spans])
    return history.laid_out(seen, found, f"{TREE}/{NAME}", {"build/src/a.o": Cost(7.0)})[1]


def test_a_compile_takes_the_first_free_slot() -> None:
    lines = [*compiled("a", 0, 4, pid=1), *compiled("b", 1, 2, pid=2), *compiled("c", 2, 9, pid=3)]
    a, b, c = laid_out(lines)
    assert [(x.object, x.slot, x.start, x.end) for x in (a, b, c)] == [
        ("build/src/a.o", 0, 0.0, 4.0), ("build/src/b.o", 1, 1.0, 2.0), ("build/src/c.o", 1, 2.0, 9.0),
    ]  # fmt: skip
    assert (a.area, a.expected, b.expected) == ("src", 7.0, 0.0)


@given(st.lists(st.tuples(st.integers(0, 50), st.integers(1, 20)), min_size=1, max_size=30))
def test_no_two_compiles_of_a_slot_overlap(times: list[tuple[int, int]]) -> None:
    """In a trace they would be taken for parts of each other."""
    seen = [
        history.Attempt(Entry(event="end", object=f"/t/{n}.o", pid=n, start=float(a), end=float(a + d)), ended=True)
        for n, (a, d) in enumerate(times)
    ]
    seen.sort(key=lambda a: a.start)
    sessions, found = history.laid_out(seen, [(0.0, 100.0)], "/t", {})
    for slot in {c.slot for c in found}:
        row = [c for c in found if c.slot == slot]
        assert all(before.end <= after.start for before, after in pairwise(row))
    most = max(sum(a <= t < a + d for a, d in times) for t in range(71))
    assert 1 + max(c.slot for c in found) == most
    assert sessions[0].end == 100.0


def test_when_the_compiler_itself_began_and_whether_it_did() -> None:
    lines = [
        *compiled("hit", 0, 1, pid=1, ccache=True, memory=9 * MIB),
        *compiled("small", 0, 1, pid=2, ccache=True, memory=9 * MIB),
        *compiled("plain", 2, 9, pid=3, ccache=False, memory=9 * MIB),
    ]
    lines[2:2] = [let_in("small", 0.5), let_in("small", 0.5, event="room")]  # before the line of the start
    hit, small, plain = laid_out(lines)
    assert (hit.result, small.result, plain.result) == ("cached", "compiled", "compiled")
    assert (hit.began, small.began, plain.began) == (0.0, 0.5, 2.0)
    assert (hit.roomy, small.roomy) == (False, True)


def test_a_workers_compile_is_one_compile_and_bears_its_name() -> None:
    target = {"object": f"{TREE}/{NAME}/build/src/far.o", "worker": "build1"}
    start, end = compiled("far", 0, 9, pid=1, ccache=True)
    back_start, back_end = compiled("back", 0, 9, pid=2, ccache=True)
    back = {"event": "back", **target, "object": back_end["object"], "code": 103, "why": "no route"}
    lines = [start, let_in("far", 1), {"event": "away", **target}, end, back_start, let_in("back", 1), back, back_end]
    far, returned = laid_out(lines)
    assert (far.worker, far.result, far.began) == ("build1", "compiled", 1.0)
    assert (returned.worker, returned.result, returned.back) == ("", "compiled", "build1: no route")
    assert far.back == ""


def test_a_ledger_that_does_not_say_it_tells_hits_by_memory() -> None:
    lines = [*compiled("hit", 0, 1, pid=1, memory=12 * MIB), *compiled("c", 0, 1, pid=2, memory=19 * MIB)]
    assert [c.result for c in laid_out(lines)] == ["cached", "compiled"]


def test_what_failed_and_what_never_ended() -> None:
    lines = [*compiled("bad", 0, 2, pid=1, code=-9), compiled("killed", 1, 0, pid=2)[0]]
    bad, killed = laid_out(lines, (0, 5))
    assert (bad.result, bad.code, killed.result) == ("failed", -9, "unfinished")
    assert killed.end == 5.0, "as long as make is known to have run"


def test_runs_are_told_apart_by_what_is_recorded_and_by_pauses() -> None:
    lines = [
        *compiled("a", 0, 4, pid=1),
        *compiled("b", 4, 8, pid=2),
        *compiled("c", 1000, 1010, pid=3),
        *compiled("d", 5000, 5001, pid=4),
    ]
    seen = read(lines)
    assert history.windows(seen, [(START - 1, START + 9)]) == [
        (START - 1, START + 9), (START + 1000, START + 1010), (START + 5000, START + 5001),
    ]  # fmt: skip
    compiles = laid_out(lines, (-1, 9))
    assert [(c.session, c.start) for c in compiles] == [(0, 1.0), (0, 5.0), (1, 10.0), (2, 20.0)]


def test_going_on_belongs_together_and_making_all_anew_does_not() -> None:
    first = [*compiled("a", 0, 4, pid=1), *compiled("b", 4, 8, pid=2, code=1)]
    goes_on = [*compiled("b", 100, 104, pid=3), *compiled("c", 104, 105, pid=4)]
    anew = [line for x in "abc" for line in compiled(x, 900, 901, pid=5)]
    seen = read([*first, *goes_on, *anew])
    groups = history.compilations(seen, history.windows(seen, []))
    assert [len(group) for group in groups] == [2, 1]


def test_the_sum_of_peaks_is_of_those_that_run() -> None:
    lines = [
        *compiled("a", 0, 4, pid=1, memory=100), *compiled("b", 1, 6, pid=2, memory=20),
        *compiled("c", 4, 5, pid=3, memory=3),
    ]  # fmt: skip
    compiles = laid_out(lines)
    assert history.peaks(compiles) == ((0.0, 100), (1.0, 120), (4.0, 23), (5.0, 20), (6.0, 0))
