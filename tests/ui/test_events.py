import io
import json
import threading
from typing import get_args

import msgspec
import pytest

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
from mxbuild.ui import events
from tests.ui import values

EVENTS: tuple[Event, ...] = (
    StepStarted(id="make", title="Compile", why="not done yet"),
    StepSkipped(id="apt", title="Install", why="all are there"),
    StepFinished(id="source", title="Fetch", seconds=8.0, detail="2 repositories"),
    StepFailed(id="make", title="Compile", seconds=1.0, message="a.cc:1: error"),
    Progress(id="source", part="graph", done=1, total=None, unit="bytes"),
    Compiling(id="make", done=1, total=9, running=(("a.cc", 1.5),), memory=1, eta=(1.0, 2.0)),
    Line(id="make", text="a line\nwith an end, an ä and a \x1b"),
    Message(id="make", text="trying again", level="warning"),
)


def test_every_kind_of_event_is_tried_here() -> None:
    assert {type(event) for event in EVENTS} == set(get_args(Event))


def test_each_event_is_one_line_that_decodes_to_itself() -> None:
    stream = io.StringIO()
    with events.JsonLines(stream) as lines:
        for event in EVENTS:
            lines.watch(event)
    written = stream.getvalue().splitlines()
    assert tuple(msgspec.json.decode(line, type=Event) for line in written) == EVENTS
    assert [json.loads(line)["type"] for line in written] == [
        "step-started", "step-skipped", "step-finished", "step-failed", "progress", "compiling", "line", "message",
    ]  # fmt: skip


def test_lines_of_many_threads_are_not_mixed() -> None:
    stream = io.StringIO()
    with events.JsonLines(stream) as lines:
        threads = [threading.Thread(target=lambda: [lines.watch(e) for e in EVENTS * 20]) for _ in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert len([json.loads(line) for line in stream.getvalue().splitlines()]) == 8 * 20 * len(EVENTS)


def test_a_password_in_a_line_is_not_passed_on() -> None:
    stream = io.StringIO()
    events.JsonLines(stream).watch(Line(id="source", text="fetch https://me:secret@example.org/a.git"))
    assert "secret" not in stream.getvalue()
    assert json.loads(stream.getvalue())["text"] == "fetch https://***@example.org/a.git"


class Gone(io.StringIO):
    def write(self, text: str) -> int:
        raise BrokenPipeError(text)


def test_a_reader_that_leaves_does_not_end_the_work() -> None:
    lines = events.JsonLines(Gone())
    for event in EVENTS:
        lines.watch(event)


def test_an_error_says_all_that_the_screen_says() -> None:
    failed = json.loads(events.line(events.failed(values.HOST_ERROR)))
    assert failed["type"] == "result"
    assert (failed["ok"], failed["exit_code"]) == (False, 4)
    assert failed["error"]["kind"] == "host"
    assert failed["error"]["nearest"] == values.HOST_ERROR.nearest
    assert [c["remedy"] for c in failed["error"]["complaints"]] == [c.remedy for c in values.HOST_ERROR.complaints]
    failed = events.failed(values.BUILD_ERROR, step="Compile")
    assert failed["error"]["step"] == "Compile"
    assert failed["error"]["details"] == values.BUILD_ERROR.details


@pytest.mark.parametrize("value", [values.PLAN, values.RECEIPT, values.RECIPE])
def test_a_document_is_the_value_again(value: msgspec.Struct) -> None:
    assert msgspec.json.decode(events.document(value), type=type(value)) == value
