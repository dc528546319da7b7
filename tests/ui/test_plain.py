import io
import re

import msgspec

from mxbuild.model import (
    Compiling,
    Event,
    Line,
    Message,
    Progress,
    StepFailed,
    StepFinished,
    StepSkipped,
    StepStarted,
)
from mxbuild.ui.console import screen
from mxbuild.ui.plain import Plain


class Log:
    """A log that is written second by second."""

    def __init__(self, *, verbose: bool = False, quiet: bool = False) -> None:
        self.now = 0.0
        self.stream = io.StringIO()
        self.plain = Plain(screen(self.stream, {"TERM": "xterm"}), verbose=verbose, quiet=quiet, clock=lambda: self.now)

    def at(self, now: float, event: Event) -> None:
        self.now = now
        self.plain.watch(event)

    @property
    def lines(self) -> list[str]:
        return self.stream.getvalue().splitlines()


def compiling(done: int) -> Compiling:
    return Compiling(id="make", done=done, total=100, running=(("src/a.cc", 1.0),), memory=2**30, eta=(100.0, 200.0))


def test_a_line_when_a_step_starts_and_one_when_it_ends() -> None:
    log = Log()
    log.at(0, StepSkipped(id="apt", title="Install 2 packages", why="all are there"))
    log.at(0, StepStarted(id="source", title="Fetch", why="not done yet"))
    log.at(8, StepFinished(id="source", title="Fetch", seconds=8.0, detail="2 repositories"))
    log.at(8, StepStarted(id="make", title="Compile", why="done before, but the library is gone"))
    log.at(9, StepFailed(id="make", title="Compile", seconds=1.0, message="a.cc:1: error"))
    assert [re.sub("[^ -~]", "*", line) for line in log.lines] == [
        "* Install 2 packages: all are there",
        "* Fetch",
        "* Fetch: 2 repositories, 8.0 s",
        "* Compile (done before, but the library is gone)",
        "* Compile: a.cc:1: error, 1.0 s",
    ]


def test_progress_is_a_line_for_each_twentieth_or_minute_and_no_more() -> None:
    log = Log()
    log.at(0, StepStarted(id="make", title="Compile", why=""))
    for second in range(1, 1201):  # an object every 12 seconds, an event every second
        log.at(second, compiling(second // 12))
    assert len(log.lines) == 1 + 20
    assert log.lines[1] == "  5 of 100 objects (5 %), 1.0 GiB, about 1-4 min left"


def test_who_waits_for_memory_is_counted() -> None:
    log = Log()
    log.at(0, StepStarted(id="make", title="Compile", why=""))
    for second, waiting in ((70, 1), (140, 3)):
        log.at(second, msgspec.structs.replace(compiling(3), waiting=waiting))
    assert log.lines[1:] == [
        "  3 of 100 objects (3 %), 1.0 GiB, 1 waits for memory, about 1-4 min left",
        "  3 of 100 objects (3 %), 1.0 GiB, 3 wait for memory, about 1-4 min left",
    ]


def test_a_step_that_stands_still_speaks_once_a_minute() -> None:
    log = Log()
    log.at(0, StepStarted(id="make", title="Compile", why=""))
    for second in range(1, 601):
        log.at(second, compiling(3))
    assert len(log.lines) == 1 + 10


def test_a_quick_step_says_nothing_in_between() -> None:
    log = Log()
    log.at(0, StepStarted(id="source", title="Fetch", why=""))
    for done in range(100):
        log.at(done / 50, Progress(id="source", part="graph", done=done, total=100, unit="objects"))
    assert len(log.lines) == 1


def test_one_repository_of_many_speaks_for_all() -> None:
    log = Log()
    log.at(0, StepStarted(id="source", title="Fetch", why=""))
    for second in range(1, 121):
        for part in ("a", "b", "c", "d"):
            log.at(second, Progress(id="source", part=part, done=second, total=120, unit="objects", text="Receiving"))
    assert len(log.lines) == 1 + 2
    assert log.lines[1] == "  a: 60 of 120 objects  Receiving"


def test_bytes_are_told_as_such() -> None:
    log = Log()
    log.at(0, StepStarted(id="source", title="Fetch", why=""))
    log.at(61, Progress(id="source", done=1_500_000, total=5_000_000, unit="bytes"))
    assert log.lines[1] == "  1.5 MB of 5.0 MB"


def test_there_is_never_a_cursor_code_or_a_colour() -> None:
    log = Log(verbose=True)
    for event in (
        StepStarted(id="make", title="Compile", why=""), Line(id="make", text="g++ -c a.cc"), compiling(50),
        Message(id="make", text="trying again", level="warning"),
        StepFailed(id="make", title="Compile", seconds=1.0, message="bad"),
    ):  # fmt: skip
        log.at(70, event)
    assert "\x1b" not in log.stream.getvalue()
    assert "\r" not in log.stream.getvalue()
    assert "    g++ -c a.cc" in log.lines


def test_a_long_line_is_one_line() -> None:
    log = Log(verbose=True)
    log.at(0, Line(id="make", text="x" * 400))
    assert log.lines == ["    " + "x" * 400]


def test_quiet_leaves_warnings_only() -> None:
    log = Log(quiet=True)
    log.at(0, StepStarted(id="make", title="Compile", why=""))
    log.at(0, Message(id="make", text="waiting"))
    log.at(0, Message(id="make", text="trying again", level="warning"))
    log.at(0, StepFailed(id="make", title="Compile", seconds=1.0, message="the error screen says it"))
    assert log.lines == ["warning: trying again"]


class Gone(io.StringIO):
    def write(self, text: str) -> int:
        raise BrokenPipeError(text)


def test_a_reader_that_leaves_does_not_end_the_work() -> None:
    plain = Plain(screen(Gone(), {}))
    for _ in range(3):
        plain.watch(StepStarted(id="make", title="Compile", why=""))
