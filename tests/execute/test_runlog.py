from pathlib import Path

from mxbuild.execute import runlog
from mxbuild.model import Begun, Compiling, Line, Message, Progress, StepStarted
from tests.ui import values


def compiling(done: int, total: int = 900) -> Compiling:
    return Compiling(id="make", done=done, total=total, running=(("a.cc", 1.0),), memory=5, eta=None, free=7)


def test_what_happened_is_read_back_with_its_time(tmp_path: Path) -> None:
    times = iter((10.0, 11.5))
    log = runlog.RunLog(str(tmp_path / "new"), clock=lambda: next(times))
    log.watch(runlog.begun(values.PLAN))
    log.watch(StepStarted(id="make", title="Compile", why="not done yet"))
    first, second = runlog.read(str(tmp_path / "new"))
    assert (first.at, second.at) == (10.0, 11.5)
    assert isinstance(first.event, Begun)
    assert first.event.decisions == values.PLAN.build.decisions
    assert first.event.compiler == "/usr/bin/g++ 12.2.0"
    assert second.event == StepStarted(id="make", title="Compile", why="not done yet")


def test_output_of_children_has_a_log_of_its_own(tmp_path: Path) -> None:
    log = runlog.RunLog(str(tmp_path))
    log.watch(Line(id="make", text="g++ ..."))
    log.watch(Progress(id="source", done=1, total=2, unit="bytes"))
    assert not (tmp_path / runlog.NAME).exists()


def test_hours_of_a_compile_take_a_few_thousand_lines_and_the_end_is_among_them(tmp_path: Path) -> None:
    now = 0.0
    log = runlog.RunLog(str(tmp_path), clock=lambda: now)
    log.watch(StepStarted(id="make", title="Compile", why=""))
    for tick in range(2 * 7200):
        now = tick / 2
        log.watch(compiling(tick // 16))
    now += 0.1
    log.watch(compiling(900))
    seen = [r for r in runlog.read(str(tmp_path)) if isinstance(r.event, Compiling)]
    assert 1000 < len(seen) < 3000
    assert seen[1].at - seen[0].at == 0.5
    last = seen[-1]
    assert isinstance(last.event, Compiling)
    assert (last.at, last.event.done, last.event.free, last.event.running) == (7199.6, 900, 7, ())


def test_a_torn_line_and_a_full_disk_stop_nothing(tmp_path: Path) -> None:
    (tmp_path / runlog.NAME).write_bytes(b'{"at": 1, "event": {"type": "mess\n')
    runlog.RunLog(str(tmp_path)).watch(Message(id="", text="a"))
    assert [r.event for r in runlog.read(str(tmp_path))] == [Message(id="", text="a")]
    blocked = tmp_path / "file"
    blocked.write_text("")
    runlog.RunLog(str(blocked)).watch(Message(id="", text="b"))
    assert list(runlog.read(str(tmp_path / "none"))) == []
