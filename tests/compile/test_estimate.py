"""Recorded builds played again: what was said at each moment against what it then took."""

import heapq
import random
from collections.abc import Iterator, Mapping
from math import log
from pathlib import Path
from statistics import median
from typing import NamedTuple

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mxbuild.compile import costs
from mxbuild.compile.estimate import EARLY, ENOUGH, SETTLE, expected, remaining
from mxbuild.compile.ledger import Ledger, read

LEDGERS = Path(__file__).parent / "ledgers"
"""Two builds of the miniature by make -j2, on a machine with much else to do; the paths are shortened."""


class Compile(NamedTuple):
    name: str
    start: float
    end: float


class Said(NamedTuple):
    low: float
    high: float
    left: float
    whole: float


def seconds(ledger: Ledger) -> dict[str, float]:
    return {name: cost.seconds for name, cost in costs.recorded({"/tree": ledger}).items()}


def scheduled(seconds: Mapping[str, float], slots: int) -> list[Compile]:
    """As make does it: in order, the next one where one ends."""
    free = [0.0] * slots
    done = []
    for name, took in seconds.items():
        start = heapq.heappop(free)
        done.append(Compile(name, start, start + took))
        heapq.heappush(free, start + took)
    return done


def replayed(build: list[Compile], known: Mapping[str, float], slots: int, moments: int = 20) -> Iterator[Said]:
    whole = max(c.end for c in build)
    for moment in range(1, moments):
        now = whole * moment / moments
        said = remaining(
            [c.name for c in sorted(build, key=lambda c: c.start) if c.start > now],
            {c.name: now - c.start for c in build if c.start <= now < c.end},
            {c.name: c.end - c.start for c in sorted(build, key=lambda c: c.end) if c.end <= now},
            known,
            slots=slots,
            elapsed=now,
        )
        if said is not None:
            yield Said(*said, whole - now, whole)


def coverage(said: list[Said]) -> float:
    return sum(s.low <= s.left <= s.high for s in said) / len(said)


def error(said: list[Said]) -> float:
    """Of the range's middle, as a share of the whole build; the median."""
    return median(abs((s.low + s.high) / 2 - s.left) / s.whole for s in said)


def like_mxnet(chance: random.Random) -> dict[str, float]:
    """Seconds of 155 objects: most are light, the operators in the second half are not, one takes 217 s."""
    light = [chance.lognormvariate(log(5), 0.6) for _ in range(155)]
    heavy = {n: min(200.0, chance.lognormvariate(log(18), 0.9)) for n in range(60, 130)}
    return {f"{n:03}.o": {**dict(enumerate(light)), **heavy, 110: 217.0}[n] for n in range(155)}


def synthetic(slots: int, *, known: bool, later: float = 1.0) -> list[Said]:
    """Twelve builds, each on a machine of another speed; objects differ by 15 % from what is known of them."""
    said: list[Said] = []
    for seed in range(12):
        chance = random.Random(seed)
        usual = like_mxnet(chance)
        speed = chance.uniform(0.6, 2.0)
        actual = {
            name: usual[name] * speed * chance.lognormvariate(0, 0.15) * (later if int(name[:3]) > 80 else 1.0)
            for name in usual
        }
        said += replayed(scheduled(actual, slots), usual if known else {}, slots)
    return said


@pytest.mark.parametrize("slots", [1, 2, 8, 32])
def test_with_known_costs_it_is_right_and_close(slots: int) -> None:
    said = synthetic(slots, known=True)
    assert len(said) > 200
    assert coverage(said) >= 0.9
    assert error(said) <= 0.1


@pytest.mark.parametrize("slots", [1, 2, 8])
def test_without_known_costs_the_range_is_wide_but_mostly_right(slots: int) -> None:
    said = synthetic(slots, known=False)
    assert coverage(said) >= 0.75
    assert median(s.high - s.low for s in said) > median(s.high - s.low for s in synthetic(slots, known=True))


def test_a_machine_that_slows_down_half_way_is_noticed() -> None:
    said = synthetic(8, known=True, later=1.6)
    assert coverage([s for s in said if s.left < 0.3 * s.whole]) >= 0.7


def test_a_long_file_at_the_end_counts_as_what_it_is() -> None:
    """What is left divided by the rate would say 12 s, four slots being busy with one file."""
    known = {**{f"{n}.o": 10.0 for n in range(40)}, "long.o": 100.0}
    said = remaining(["long.o"], {}, {name: 10.0 for name in known if name != "long.o"}, known, slots=4, elapsed=100.0)
    assert said is not None
    assert said[0] > 80
    assert said[0] <= 100 <= said[1]


RECORDED = ("mini-1.jsonl", "mini-2.jsonl")


def recorded(name: str) -> Ledger:
    return read(str(LEDGERS / name))


@pytest.mark.parametrize(("earlier", "now"), [RECORDED, RECORDED[::-1]])
def test_real_objects_on_a_quiet_machine(earlier: str, now: str) -> None:
    """The CPU time of one real build, known from another one."""
    took, known = seconds(recorded(now)), seconds(recorded(earlier))
    assert took.keys() == known.keys()
    said = list(replayed(scheduled(took, 2), known, 2, moments=40))
    assert coverage(said) >= 0.9
    assert error(said) <= 0.05


@pytest.mark.parametrize(("earlier", "now"), [RECORDED, RECORDED[::-1]])
def test_real_builds_on_a_machine_whose_load_tripled_meanwhile(earlier: str, now: str) -> None:
    """Nobody can foresee that; but as soon as it shows, the range has to hold it."""
    ledger, known = recorded(now), seconds(recorded(earlier))
    began = min(e.start for e in ledger.finished.values())
    build = [Compile(o.removeprefix("/tree/"), e.start - began, e.end - began) for o, e in ledger.finished.items()]
    said = list(replayed(build, known, 2, moments=40))
    assert coverage(said) >= 0.5
    assert error(said) <= 0.2


@pytest.mark.parametrize("name", RECORDED)
def test_real_objects_of_which_nothing_is_known(name: str) -> None:
    took = seconds(recorded(name))
    assert coverage(list(replayed(scheduled(took, 2), {}, 2, moments=40))) >= 0.75


def test_nothing_is_said_too_early() -> None:
    names = [f"{n}.o" for n in range(100)]
    few, enough = (dict.fromkeys(names[: int(n)], 1.0) for n in (100 * EARLY - 1, 100 * EARLY))
    for known in ({}, dict.fromkeys(names, 1.0)):
        assert remaining(names[len(few) :], {}, few, known, slots=2, elapsed=SETTLE - 1) is None
        assert remaining(names[len(enough) :], {}, enough, known, slots=2, elapsed=SETTLE - 1) is not None
        assert remaining(names[len(few) :], {}, few, known, slots=2, elapsed=SETTLE) is not None
        assert remaining(names, {}, {}, known, slots=2, elapsed=1000.0) is None


def test_the_heaviest_come_first_and_stand_for_no_other() -> None:
    """A slow machine, nine times as slow as the costs are: half an hour is left, not half a day."""
    known = {f"{n}.o": 100.0 / n for n in range(1, 151)}
    names = list(known)
    took = {name: 9 * known[name] for name in names[:3]}
    elapsed = sum(took.values()) / 2
    assert remaining(names[2:], {}, dict(list(took.items())[:2]), known, slots=2, elapsed=elapsed) is None
    said = remaining(names[3:], {}, took, known, slots=2, elapsed=elapsed)
    assert said is not None
    truth = 9 * sum(known[name] for name in names[3:]) / 2
    assert said[0] < truth < said[1] < 4 * truth


def test_at_the_end_nothing_is_left() -> None:
    assert remaining([], {}, {"a.o": 1.0}, {}, slots=2, elapsed=1.0) == (0.0, 0.0)


NAMES = [f"{n}.o" for n in range(12)]
TIMES = st.floats(0, 1e5)


@given(
    waiting=st.lists(st.sampled_from(NAMES[:4]), unique=True),
    running=st.dictionaries(st.sampled_from(NAMES[4:8]), TIMES),
    finished=st.dictionaries(st.sampled_from(NAMES[8:]), TIMES),
    known=st.dictionaries(st.sampled_from(NAMES), TIMES),
    slots=st.integers(1, 5),
)
def test_whatever_was_seen_it_is_a_range(
    waiting: list[str], running: dict[str, float], finished: dict[str, float], known: dict[str, float], slots: int
) -> None:
    said = remaining(waiting, running, finished, known, slots=slots, elapsed=100.0)
    left = [*waiting, *running]
    soon = 2 * sum(known.get(name, 0) > 0 for name in left) > len(left)
    assert (said is None) == (not finished or (soon and sum(known.get(name, 0) > 0 for name in finished) < ENOUGH))
    if said is not None:
        low, high = said
        assert 0 <= low <= high < float("inf")


def test_costs_take_no_cache_hit_for_a_compile(tmp_path: Path) -> None:
    line = '{{"event":"end","source":"a.cc","object":"{tree}/a.o","pid":1,"start":0,"end":{end},"code":{code}}}\n'
    for name, end, code in (("compiled", 30.0, 0), ("hit", 0.1, 0), ("failed", 90.0, 1)):
        (tmp_path / name).write_text(line.format(tree=f"/trees/{name}", end=end, code=code))
    ledgers = {f"/trees/{name}": read(str(tmp_path / name)) for name in ("hit", "compiled", "failed")}
    assert {name: cost.seconds for name, cost in costs.recorded(ledgers).items()} == {"a.o": 30.0}


def test_what_comes_out_of_a_cache_promises_nothing() -> None:
    known = {f"{n}.o": 10.0 for n in range(100)}
    waiting = [f"{n}.o" for n in range(20, 100)]
    hits = {f"{n}.o": 0.1 for n in range(20)}
    eta = remaining(waiting, {}, hits, known, slots=2, elapsed=1.0)
    assert eta is not None
    assert eta[0] < 10
    assert eta[1] >= 80 * 10.0 / 2, "none of the rest may be in the cache"
    mixed = hits | {"20.o": 20.0, "21.o": 20.0, "22.o": 20.0}
    eta = remaining(waiting[3:], {}, mixed, known, slots=2, elapsed=30.0)
    assert eta is not None
    assert eta[1] >= 77 * 20.0 / 2, "this machine takes twice the known cost"


def test_what_is_expected_at_the_start_is_played_through_the_slots() -> None:
    known = {"a": 9.0, "b": 4.0, "c": 2.0}
    assert expected(["a", "b", "c"], known, slots=2) == 9.0
    assert expected(["a", "b", "c"], known, slots=1) == 15.0
    assert expected(["a", "b", "c", "new"], known, slots=1) == 20.0, "as heavy as the others"
    assert expected(["a", "new", "newer"], known, slots=1) is None, "too little is known"
    assert expected([], known, slots=1) is None
