"""The live screen, driven by made-up events into a terminal that is a string."""

import io
import re
import threading
from contextlib import suppress

import pytest
from rich.console import Console

from mxbuild.model import (
    Compiling,
    Line,
    Message,
    Progress,
    StepFailed,
    StepFinished,
    StepSkipped,
    StepStarted,
)
from mxbuild.ui.console import UNICODE, Screen
from mxbuild.ui.progress import LiveScreen


class Clock:
    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


def terminal(height: int = 24, width: int = 80) -> Screen:
    console = Console(
        file=io.StringIO(), force_terminal=True, width=width, height=height, highlight=False, markup=False,
        color_system=None, legacy_windows=False, _environ={"TERM": "xterm"},
    )  # fmt: skip
    return Screen(console=console, glyphs=UNICODE, live=True)


def written(screen: Screen) -> str:
    return screen.console.file.getvalue()  # type: ignore[attr-defined, no-any-return]


def lasting(screen: Screen) -> list[str]:
    """The lines that stay: what a terminal shows when the region is gone, played back by hand."""
    lines: list[str] = [""]
    row = 0
    for token in re.findall(r"\x1b\[[0-9;?]*[A-Za-z]|\r|\n|[^\x1b\r\n]+", written(screen)):
        if token == "\n":
            row += 1
            if row == len(lines):
                lines.append("")
        elif token == "\x1b[1A":
            row -= 1
        elif token == "\x1b[2K":
            lines[row] = ""
        elif not token.startswith("\x1b") and token != "\r":
            lines[row] += token
    return [line.rstrip() for line in lines if line.strip()]


def region(live: LiveScreen, screen: Screen) -> list[str]:
    """What the region shows now."""
    del screen
    return [line.plain.rstrip() for line in live.lines()]


COMPILING = Compiling(
    id="make",
    done=76,
    total=155,
    running=(("src/a.cc", 112.0), ("src/b.cc", 31.0)),
    memory=int(1.4 * 2**30),
    eta=(740.0, 950.0),
)


def test_what_is_finished_stays_in_one_line_each() -> None:
    screen = terminal()
    with LiveScreen(screen) as live:
        live.watch(StepSkipped(id="apt", title="Install 2 packages", why="all are there"))
        live.watch(StepStarted(id="source", title="Fetch", why=""))
        live.watch(Progress(id="source", part="graph", done=1, total=9, unit="objects"))
        live.watch(StepFinished(id="source", title="Fetch", seconds=8.04, detail="2 repositories, 5.2 MB"))
        live.watch(StepStarted(id="make", title="Compile", why=""))
        live.watch(COMPILING)
        live.watch(StepFailed(id="make", title="Compile", seconds=252, message="a.cc: error"))
    assert lasting(screen) == [
        "– Install 2 packages  all are there",
        "✓ Fetch  2 repositories, 5.2 MB  8.0 s",
        "✗ Compile  failed  4 min 12 s",
    ]


def test_what_stays_is_never_cut() -> None:
    screen = terminal(width=40)
    with LiveScreen(screen) as live:
        live.watch(
            StepFinished(id="source", title="Fetch 9 pinned repositories", seconds=81, detail="9, 5.2 MB fetched")
        )
        live.watch(StepFinished(id="make", title="Compile", seconds=1.5, detail="28 objects, 24 as before"))
    assert lasting(screen) == [
        "✓ Fetch 9 pinned repositories  9,",
        "  5.2 MB fetched  1 min 21 s",
        "✓ Compile  28 objects, 24 as",
        "  before  1.5 s",
    ]


def test_of_a_path_that_does_not_fit_the_end_is_shown() -> None:
    screen = terminal(width=64)
    with LiveScreen(screen) as live:
        path = "/home/somebody/.local/share/mxbuild/envs/mini-cpu-py3.11-ff917cc9"
        live.watch(StepFinished(id="switch", title="Write the receipt", seconds=0.5, detail=path))
    assert lasting(screen) == ["✓ Write the receipt  …/mini-cpu-py3.11-ff917cc9  0.5 s"]


def test_the_running_make_shows_objects_sources_memory_and_time() -> None:
    screen, clock = terminal(), Clock()
    with LiveScreen(screen, clock=clock) as live:
        live.watch(StepStarted(id="make", title="Compile lib/libtoy.so with 2 jobs", why=""))
        live.watch(COMPILING)
        clock.now = 252.0
        head, bar, *sources = region(live, screen)
    assert head == "▸ Compile lib/libtoy.so with 2 jobs  1.4 GiB, 4 min 12 s"
    assert bar.endswith("76 of 155 objects  49 %   about 12-16 min left")
    assert [line.split()[0] for line in sources] == ["src/a.cc", "src/b.cc"]
    assert sources[0].endswith("1 min 52 s")


def test_before_there_is_an_estimate_it_says_so() -> None:
    screen = terminal()
    with LiveScreen(screen) as live:
        live.watch(StepStarted(id="make", title="Compile", why=""))
        live.watch(Compiling(id="make", done=1, total=155, running=(), memory=0, eta=None))
        assert region(live, screen)[1].endswith("1 of 155 objects  0 %   estimating")


def test_each_repository_has_a_bar_until_it_is_through() -> None:
    screen = terminal()
    with LiveScreen(screen) as live:
        live.watch(StepStarted(id="source", title="Fetch", why=""))
        for part in ("toy", "graph", "tools"):
            live.watch(Progress(id="source", part=part, done=3, total=9, unit="objects", text="Receiving objects"))
        live.watch(Progress(id="source", part="graph", done=1, total=1, unit="repositories", text="shallow"))
        head, *rows = region(live, screen)
    assert "1 done" in head
    assert [row.split()[0] for row in rows] == ["toy", "tools"]
    assert rows[0].endswith("3 of 9 objects  Receiving objects")


def test_the_terminals_own_echo_of_ctrl_c_begins_no_new_line() -> None:
    """Else the region is one line lower than it is thought to be, and a part of it stays."""
    screen = terminal(width=60)
    with LiveScreen(screen) as live:
        live.watch(StepStarted(id="make", title="Compile " * 20, why=""))
        live.watch(COMPILING)
        live.watch(Progress(id="make", part="other" * 20, done=3, total=9, unit="objects", text="Receiving" * 9))
        assert max(map(len, region(live, screen))) <= 60 - len("^C")


@pytest.mark.parametrize("height", [6, 10, 40])
def test_the_region_is_never_higher_than_the_terminal(height: int) -> None:
    screen = terminal(height)
    running = tuple((f"src/{n}.cc", float(n)) for n in range(64))
    with LiveScreen(screen) as live:
        live.watch(StepStarted(id="make", title="Compile", why=""))
        live.watch(Compiling(id="make", done=1, total=155, running=running, memory=0, eta=None))
        live.watch(Progress(id="make", part="other", done=3, total=9, unit="objects"))
        assert len(region(live, screen)) < height


def test_messages_stay_and_lines_are_for_those_who_ask() -> None:
    quiet, verbose = terminal(), terminal()
    for screen, wanted in ((quiet, False), (verbose, True)):
        with LiveScreen(screen, verbose=wanted) as live:
            live.watch(StepStarted(id="apt", title="Install", why=""))
            live.watch(Line(id="apt", text="Setting up make (4.3) ..."))
            live.watch(Message(id="apt", text="the lists are locked; trying again in 2 s", level="warning"))
            live.watch(StepFinished(id="apt", title="Install", seconds=1, detail="1 package"))
    assert "! the lists are locked; trying again in 2 s" in lasting(quiet)
    assert not any("Setting up" in line for line in lasting(quiet))
    assert any("Setting up make (4.3) ..." in line for line in lasting(verbose))


def test_what_only_is_said_has_no_sign_of_a_warning() -> None:
    screen = terminal()
    with LiveScreen(screen) as live:
        live.watch(Message(id="make", text="12 objects are whole and stay"))
    assert lasting(screen) == ["  12 objects are whole and stay"]


def test_what_is_done_before_the_first_step_is_shown_and_leaves_nothing() -> None:
    screen, clock = terminal(), Clock()
    with LiveScreen(screen, clock=clock, opening="Look at this machine, and plan") as live:
        clock.now = 2.0
        assert region(live, screen) == ["▸ Look at this machine, and plan  2.0 s"]
        live.watch(StepStarted(id="make", title="Compile", why=""))
        assert region(live, screen) == ["▸ Compile  0.0 s"]
        live.watch(StepFinished(id="make", title="Compile", seconds=1, detail="31 objects"))
    assert lasting(screen) == ["✓ Compile  31 objects  1.0 s"]


def test_before_a_question_and_after_an_error_nothing_of_the_opening_stands_there() -> None:
    screen = terminal()
    with LiveScreen(screen, opening="Look at this machine, and plan") as live:
        live.refresh()
        assert lasting(screen) == ["▸ Look at this machine, and plan  0.0 s"]
        live.opened()
        assert lasting(screen) == []
    failed = terminal()
    with suppress(ValueError), LiveScreen(failed, opening="Look at this machine, and plan") as live:
        live.refresh()
        raise ValueError
    assert lasting(failed) == []
    assert written(failed).endswith("\x1b[?25h")


def test_what_is_stopped_half_way_says_so() -> None:
    screen, clock = terminal(), Clock()
    with LiveScreen(screen, clock=clock) as live:
        live.watch(StepStarted(id="make", title="Compile", why=""))
        clock.now = 61.0
    assert lasting(screen)[-1].startswith("✗ Compile  stopped")
    assert lasting(screen)[-1].endswith("1 min 01 s")


def test_many_threads_and_the_redrawing_one_do_not_block_each_other() -> None:
    screen = terminal()

    def work(part: str) -> None:
        for done in range(200):
            live.watch(Progress(id="source", part=part, done=done, total=200, unit="objects"))
            if done % 50 == 0:
                live.watch(Message(id="source", text=f"{part} {done}"))

    with LiveScreen(screen) as live:
        live.watch(StepStarted(id="source", title="Fetch", why=""))
        threads = [threading.Thread(target=work, args=(f"part{n}",), daemon=True) for n in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(30)
        assert not any(thread.is_alive() for thread in threads)
    assert sum("part" in line for line in lasting(screen)) == 8 * 4


def test_the_cursor_comes_back() -> None:
    screen = terminal()
    with suppress(RuntimeError), LiveScreen(screen) as live:
        live.watch(StepStarted(id="make", title="Compile", why=""))
        raise RuntimeError
    assert written(screen).rindex("\x1b[?25h") > written(screen).rindex("\x1b[?25l")
