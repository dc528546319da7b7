"""The simulation of builds on many cores: known answers, and bounds that no order can beat."""

import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mxbuild.compile import costs
from tests.bench.schedule import behind, fleet, heaviest_first, makes_order, one_machine, read

SECONDS = st.dictionaries(
    st.text("abc/", min_size=1, max_size=8), st.floats(0.1, 300, allow_nan=False), min_size=1, max_size=40
)


def test_a_long_one_that_is_begun_last_keeps_one_core_busy_alone() -> None:
    seconds = {"build/src/a/x.o": 4.0, "build/src/a/y.o": 4.0, "build/src/z.o": 8.0}
    row = one_machine(seconds, 2, serial=1.0)
    assert (row.make, row.heaviest, row.bound) == (13.0, 9.0, 9.0)


def test_makes_order_is_the_deepest_first_and_submodules_last() -> None:
    names = ["nnvm/build/x.o", "build/src/engine.o", "build/src/op/b.o", "build/src/op/a.o", "build/src/op/nn/z.o"]
    assert makes_order(names) == [
        "build/src/op/nn/z.o", "build/src/op/a.o", "build/src/op/b.o", "build/src/engine.o", "nnvm/build/x.o"
    ]  # fmt: skip


def test_a_client_that_prepares_one_at_a_time_is_the_limit_of_any_number_of_workers() -> None:
    seconds = dict.fromkeys("abcdefgh", 1.0)
    assert fleet(seconds, "abcdefgh", slots=1000, client=1, prepare=0.5) == pytest.approx(8 * 0.5 + 1.0)
    assert fleet(seconds, "abcdefgh", slots=1000, client=8, prepare=0.5) == pytest.approx(1.5)
    assert fleet(seconds, "abcdefgh", slots=2, client=8, prepare=0.5) == pytest.approx(4 * 1.5)
    row = behind(seconds, 1000, client=1, prepare=0.5, serial=2.0)
    assert row.heaviest == pytest.approx(row.bound) == pytest.approx(7.0)


@given(SECONDS, st.integers(1, 64), st.integers(1, 8), st.floats(0, 2))
def test_no_order_beats_the_bound_and_the_heaviest_first_is_near_it(
    seconds: dict[str, float], cores: int, client: int, prepare: float
) -> None:
    for row in (
        one_machine(seconds, cores, serial=1.0),
        behind(seconds, cores, client=client, prepare=prepare, serial=1.0),
    ):
        assert row.bound <= min(row.make, row.heaviest) * (1 + 1e-9)
    # Graham 1966: list scheduling, in whatever order, takes less than twice as long as it has to.
    alone = one_machine(seconds, cores, serial=0.0)
    assert max(alone.make, alone.heaviest) <= 2 * alone.bound


def test_costs_that_came_with_a_recipe_and_a_ledger_are_read(tmp_path: Path) -> None:
    seconds = read("mxnet-0.12.1")
    assert not any(name.endswith("_gpu.o") for name in seconds)
    assert seconds["build/src/c_api/c_api.o"] == costs.shipped("mxnet-0.12.1")["build/src/c_api/c_api.o"].seconds
    line = '{{"event":"{}","source":"a.cc","object":"/t/build/src/a.o","pid":1,"start":1.0{}}}\n'
    book = tmp_path / "ledger.jsonl"
    end = ',"end":5.0,"code":0,"memory":99000000,"cpu":3.5,"size":1'
    book.write_text(line.format("start", "") + line.format("end", end))
    assert list(read(str(book)).values()) == [3.5]
    with pytest.raises(SystemExit, match="no ledger"):
        read("nothing-1.0")


def test_the_program_prints_both_tables() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "tests.bench.schedule", "mxnet-0.12.1", "--cores", "8,256"],
        cwd=Path(__file__).parents[2], capture_output=True, text=True, check=True,
    )  # fmt: skip
    rows = [line.split() for line in done.stdout.splitlines() if line.strip()[:1].isdigit()]
    assert [row[0] for row in rows] == ["8", "256", "8", "256"]
    assert all(float(row[5]) >= 1.0 for row in rows)
    assert heaviest_first({"a": 1.0, "b": 2.0}) == ["b", "a"]
