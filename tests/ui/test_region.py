"""What is drawn over, also after the terminal was made narrower or wider: by count, and in a real terminal."""

import io
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from rich.console import Console
from rich.text import Text

from mxbuild.ui.console import screen
from mxbuild.ui.region import CLEAR, HIDE, SHOW, UP, Region
from tests.ui.test_console import Terminal

ROOT = Path(__file__).parents[2]


def console(width: int) -> Console:
    return Console(file=io.StringIO(), force_terminal=True, width=width, color_system=None, legacy_windows=False)


def taken(one: Console) -> str:
    """What was written since the last time."""
    file = one.file
    assert isinstance(file, io.StringIO)
    text = file.getvalue()
    file.seek(0)
    file.truncate()
    return text


LINES = [Text("a" * 90), Text("b" * 30), Text("c" * 61)]


@pytest.mark.parametrize(
    ("columns", "reflows", "rows"), [(100, True, 3), (60, True, 5), (30, True, 7), (200, True, 3), (30, False, 3)]
)
def test_all_rows_are_taken_away_that_the_lines_have_now(columns: int, reflows: bool, rows: int) -> None:
    one = console(100)
    region = Region(one, reflows=reflows)
    region.draw(LINES)
    assert taken(one) == "\n".join(line.plain for line in LINES) + HIDE
    one.width = columns
    region.draw([Text("d")], Text("said"))
    assert taken(one) == CLEAR + (UP + CLEAR) * (rows - 1) + "said\nd"
    region.draw(())
    assert taken(one) == CLEAR + SHOW
    region.draw(())
    assert taken(one) == ""


@pytest.mark.parametrize(
    ("environ", "reflows"),
    [
        ({"TERM": "xterm-256color"}, True),
        ({"TERM": "xterm", "XTERM_VERSION": "XTerm(379)"}, False),
        ({"TERM": "screen-256color"}, False),
        ({"TERM": "screen-256color", "TMUX": "/tmp/tmux"}, True),
        ({"TERM": "linux"}, False),
    ],
)
def test_which_terminals_break_lines_anew(environ: dict[str, str], reflows: bool) -> None:
    assert screen(Terminal(), environ).reflows is reflows


STEPS = """
import sys, time
from mxbuild.model import Compiling, StepFinished, StepStarted
from mxbuild.ui import progress
from mxbuild.ui.console import screen
from mxbuild.ui.progress import LiveScreen
import os
progress.REDRAWS = 0.01  # so that it draws when the terminal says that it changed, and never in between
print("\\n" * 40)  # to the bottom: at the top, tmux pushes rows out for good although there are empty ones below
with LiveScreen(screen(sys.stderr, os.environ)) as live:
    live.watch(StepStarted(id="fetch", title="Fetch", why=""))
    live.watch(StepFinished(id="fetch", title="Fetch", seconds=8.0, detail="2 repositories"))
    live.watch(StepStarted(id="make", title="Compile lib/libtoy.so with 2 jobs", why=""))
    running = (("src/" + "a" * 30 + "/one.cc", 9.0), ("src/two.cc", 3.0))
    live.watch(Compiling(id="make", done=76, total=155, running=running, memory=10**9, eta=(740.0, 950.0)))
    live.refresh()
    open(sys.argv[1] + ".drawn", "w").close()  # tmux breaks lines anew before it tells of it: nothing may be drawn then
    while not os.path.exists(sys.argv[1]):
        time.sleep(0.02)
    live.watch(StepFinished(id="make", title="Compile lib/libtoy.so with 2 jobs", seconds=8.0, detail="155 objects"))
print("over")
time.sleep(60)
"""


def whole(text: str) -> bool:
    """Whether there is one line of each that runs, under what is finished (whose time may be in a row of its own)."""
    lines = [line.split() for line in text.splitlines() if line.strip()]
    kept = [words for words in lines if words != ["8.0", "s"]]
    return [words[0] for words in kept[:2]] == ["✓", "▸"] and [words[-1] for words in kept[1:]] == [
        "s",
        "left",
        "s",
        "s",
    ]


def drawn_for(columns: int, text: str) -> bool:
    """Whether it is what is drawn at this width and no other one: the bar takes what there is, up to 74 columns."""
    return whole(text) and min(columns - 4, 74) in [
        len(line.rstrip()) for line in text.splitlines() if " of 155 " in line
    ]


@pytest.mark.skipif(not shutil.which("tmux"), reason="no tmux here: apt-get install tmux")
def test_nothing_broken_stays_when_a_terminal_is_resized(tmp_path: Path) -> None:
    """In tmux, which breaks lines anew as other terminals do."""
    socket, end = str(tmp_path / "tmux"), tmp_path / "end"
    environ = {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ} | {"LC_ALL": "C.UTF-8"}

    def tmux(*words: str) -> str:
        done = subprocess.run(
            ["tmux", "-u", "-S", socket, "-f", "/dev/null", *words],
            env=environ,
            text=True,
            capture_output=True,
            check=False,
        )
        return done.stdout

    def shown(when: Callable[[str], bool]) -> str:
        deadline, text = time.monotonic() + 60, ""  # where many share the machine, a Python takes long to start
        while time.monotonic() < deadline and not when(text):
            time.sleep(0.05)
            text = tmux("capture-pane", "-p", "-S", "-")  # with what was pushed out at the top
        return text

    (tmp_path / "steps.py").write_text(STEPS)
    command = f"PYTHONPATH={ROOT} exec {sys.executable} {tmp_path}/steps.py {end}"
    tmux("new-session", "-d", "-x", "110", "-y", "30", command)
    try:
        shown(lambda text: "objects" in text and Path(f"{end}.drawn").exists())
        for columns in (62, 140, 70, 61):
            tmux("resize-window", "-x", str(columns), "-y", "30")
            text = shown(lambda text, columns=columns: drawn_for(columns, text))  # type: ignore[misc]
            assert whole(text), text
            assert drawn_for(columns, text), text
        end.touch()
        text = shown(lambda text: "over" in text)
        assert [line.split("  ")[0] for line in text.splitlines() if line][-3:] == [
            "✓ Fetch", "✓ Compile lib/libtoy.so with 2 jobs", "over"
        ], text  # fmt: skip
    finally:
        tmux("kill-server")
