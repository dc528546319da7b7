import msgspec
from hypothesis import given, settings
from hypothesis import strategies as st
from rich.text import Text

from mxbuild.model import Compiling, Progress
from mxbuild.ui import bars
from mxbuild.ui.console import ASCII, UNICODE

GLYPHS = st.sampled_from([ASCII, UNICODE])
WIDTHS = st.integers(60, 200)
COUNTS = st.integers(0, 10**9)
NAMES = st.text("abc/_.", max_size=150)


@settings(deadline=None)
@given(NAMES, COUNTS, st.none() | COUNTS, st.sampled_from(["bytes", "objects"]), NAMES, WIDTHS, GLYPHS)
def test_progress_is_one_line_that_fits(part, done, total, unit, text, width, glyphs) -> None:  # type: ignore[no-untyped-def]
    state = Progress(id="source", part=part, done=done, total=total, unit=unit, text=text)
    lines = [bars.progress(state, width, glyphs), *bars.parts([state], width, 5, glyphs)]
    assert all(line.cell_len <= width and "\n" not in line.plain for line in lines)


@settings(deadline=None)
@given(COUNTS, COUNTS, st.none() | st.tuples(st.floats(0, 1e6), st.floats(0, 1e6)), WIDTHS, GLYPHS)
def test_the_make_bar_is_one_line_that_fits(done, total, eta, width, glyphs) -> None:  # type: ignore[no-untyped-def]
    state = Compiling(id="make", done=done, total=total, running=(), memory=0, eta=eta)
    assert bars.compiling(state, width, glyphs).cell_len <= width


def test_numbers_survive_a_narrow_screen() -> None:
    state = Compiling(id="make", done=8, total=155, running=(), memory=0, eta=(1140.0, 1620.0))
    assert bars.compiling(state, 60, UNICODE).plain.endswith("8 of 155 objects  5 %   about 19-27 min left")


def test_a_bar_shows_its_share() -> None:
    assert bars.bar(0, 10, 10, ASCII).plain == ".........."
    assert bars.bar(5, 10, 10, ASCII).plain == "=====>...."
    assert bars.bar(10, 10, 10, ASCII).plain == "=========="
    assert bars.bar(12, 10, 10, ASCII).plain == "==========", "more than all is all"
    assert bars.bar(3, None, 10, ASCII).plain == ">.........", "under way, but nobody knows how far"


def test_the_bars_length_does_not_change_with_what_stands_behind_it() -> None:
    short = Compiling(id="make", done=9, total=155, running=(), memory=0, eta=None)
    long = Compiling(id="make", done=9, total=155, running=(), memory=0, eta=(800.0, 1900.0))
    lengths = {
        sum(c in (UNICODE.full, UNICODE.point, UNICODE.rest) for c in bars.compiling(s, 100, UNICODE).plain)
        for s in (short, long)
    }
    assert len(lengths) == 1


def test_the_longest_compile_comes_first_and_the_rest_is_counted() -> None:
    running = [(f"src/{name}.cc", seconds) for name, seconds in (("a", 3.0), ("b", 40.0), ("c", 20.0), ("d", 1.0))]
    lines = [line.plain.strip() for line in bars.sources(running, 60, 3, UNICODE)]
    assert [line.split()[0] for line in lines[:2]] == ["src/b.cc", "src/c.cc"]
    assert lines[2] == "and 2 more"
    assert len(bars.sources(running, 60, 4, UNICODE)) == 4


def test_a_long_name_keeps_its_end() -> None:
    assert bars.ending("src/operator/tensor/elemwise_unary_op_basic.cc", 30, UNICODE) == "…/elemwise_unary_op_basic.cc"
    assert bars.ending("a" * 50, 10, ASCII) == "~" + "a" * 9
    assert bars.ending("short.cc", 30, ASCII) == "short.cc"


def test_left_gives_way_to_right() -> None:
    line = bars.joined(Text("x" * 100), "4 min 12 s", 40, UNICODE)
    assert line.plain.endswith("x…  4 min 12 s")
    assert line.cell_len == 40


def test_a_repository_is_through_when_it_says_so_not_when_a_phase_ends() -> None:
    phase = Progress(id="source", part="graph", done=9, total=9, unit="objects")
    whole = Progress(id="source", part="graph", done=1, total=1, unit="repositories")
    assert not bars.finished(phase)
    assert bars.finished(whole)
    file = Progress(id="upstream", part="test_a.py", done=2, total=3, unit="tests")
    assert not bars.finished(file)
    assert bars.finished(msgspec.structs.replace(file, done=3))
    assert bars.parts([whole], 80, 5, UNICODE) == []
