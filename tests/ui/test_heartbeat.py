"""A step that runs and says nothing is spoken for each minute, in every form that a log has."""

import io
import json
import threading
from collections.abc import Callable

import pytest

from mxbuild.model import Message, Progress, StepFinished, StepStarted
from mxbuild.ui import heartbeat
from mxbuild.ui.console import screen
from mxbuild.ui.events import JsonLines
from mxbuild.ui.plain import Plain
from mxbuild.ui.workflow import Workflow

Clock = Callable[[], float]
START = StepStarted(id="environment", title="Create the environment", why="")


class Now:
    """A clock that is set."""

    at = 0.0

    def __call__(self) -> float:
        return self.at


def minutes(heart: heartbeat.Heartbeat, now: Now, count: int) -> None:
    """Time goes by second by second, and nobody says anything."""
    for _ in range(count * 60):
        now.at += 1
        heart.beat()


@pytest.mark.parametrize("form", ["plain", "workflow", "json"])
def test_a_silent_step_speaks_each_minute(form: str) -> None:
    stream, now = io.StringIO(), Now()
    told: Plain | Workflow | JsonLines
    if form == "json":
        told = JsonLines(stream, clock=now)
        heart = told.heartbeat
    else:
        plain = Plain(screen(stream, {}), clock=now)
        workflow = Workflow(screen(stream, {"GITHUB_ACTIONS": "true"}), hide=str, clock=now)
        told, heart = (plain, plain.heartbeat) if form == "plain" else (workflow, workflow.plain.heartbeat)
    minutes(heart, now, 5)
    assert stream.getvalue() == "", "no step runs yet"
    told.watch(START)
    stream.truncate(0)
    minutes(heart, now, 10)
    said = [line.strip("\0") for line in stream.getvalue().splitlines()]
    assert len(said) == 9  # each 62 s
    if form == "json":
        assert json.loads(said[0]) == {
            "type": "still-running", "id": "environment", "title": "Create the environment", "seconds": 62.0,
        }  # fmt: skip
    else:
        assert said[0] == "  Create the environment: still running, 1 min 02 s"
    told.watch(StepFinished(id="environment", title="Create the environment", seconds=600.0, detail=""))
    size = len(stream.getvalue())
    minutes(heart, now, 5)
    assert len(stream.getvalue()) == size, "it has ended"


def test_who_speaks_needs_nobody_to_do_it() -> None:
    stream, now = io.StringIO(), Now()
    plain = Plain(screen(stream, {}), clock=now)
    plain.watch(START)
    for done in range(1, 1201):
        now.at += 0.5
        plain.watch(Progress(id="environment", done=done, total=None, unit="packages"))
        plain.heartbeat.beat()
    assert len(stream.getvalue().splitlines()) == 1 + 10
    assert "still running" not in stream.getvalue()


def test_quiet_is_quiet() -> None:
    stream, now = io.StringIO(), Now()
    plain = Plain(screen(stream, {}), quiet=True, clock=now)
    plain.watch(START)
    minutes(plain.heartbeat, now, 10)
    plain.watch(Message(id="environment", text="lost", level="warning"))
    assert stream.getvalue() == "warning: lost\n"


@pytest.mark.parametrize("form", ["plain", "json"])
def test_its_thread_beats_and_ends_with_the_work(form: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(heartbeat, "LOOKS", 0.001)
    stream, now, before = io.StringIO(), Now(), threading.active_count()
    with JsonLines(stream, clock=now) if form == "json" else Plain(screen(stream, {}), clock=now) as told:
        told.watch(START)
        now.at = 100.0
        for _ in range(1000):
            if "running" in stream.getvalue():
                break
            threading.Event().wait(0.01)
    assert "running" in stream.getvalue()
    assert threading.active_count() == before
