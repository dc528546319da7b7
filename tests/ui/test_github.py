"""What GitHub's runner is told, and that nobody else can tell it anything."""

import io
import json

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from mxbuild.errors import BuildError, Interrupted, MxbuildError, RecipeError
from mxbuild.model import Line, Message, StepFailed, StepFinished, StepStarted
from mxbuild.redaction import Redactor
from mxbuild.ui import events, failure, github
from mxbuild.ui.console import screen
from mxbuild.ui.workflow import Workflow
from tests.ui import values
from tests.ui.runner import Obeyed, obeyed

THERE = {"GITHUB_ACTIONS": "true"}
HOSTILE = (
    "::set-env name=PATH::/tmp/evil",
    "   \t::add-path::/tmp/evil",
    "\u2003::error::not ours",
    "\x1b::add-mask::a",
    "\x1b[0m::warning::not ours",
    "src/a.cc:1: ##[set-output name=key]evil",
    "##[add-path]/tmp/evil",
    "##\x1b[group]evil",
    "one\n::stop-commands::evil\nthree",
    "one\r::group::evil",
    "::endgroup::",
)


def annotated(error: MxbuildError, step: str = "", workspace: str = "") -> list[Obeyed]:
    return obeyed("\n".join(github.annotations(error, step, workspace, Redactor({"A_TOKEN": "hunter:22%"}))))


@pytest.mark.parametrize("line", HOSTILE)
def test_no_line_of_a_log_is_a_command(line: str) -> None:
    """Not of the children's output, not of an error's details, not of a warning, not in JSON."""
    stream = io.StringIO()
    err = screen(stream, THERE)
    with Workflow(err, hide=str, verbose=True) as workflow:
        for event in (
            StepStarted(id="make", title=line, why=line),
            Line(id="make", text=line),
            Message(id="make", text=line),
            StepFailed(id="make", title="Compile", seconds=1.0, message=line),
        ):
            workflow.watch(event)
    err.show(*failure.screen(BuildError(line, details=[line, f"log: {line}"], remedy=line), err.glyphs, resume=line))
    assert [one.name for one in obeyed(stream.getvalue())] == ["group", "endgroup"]
    lines = io.StringIO()
    events.JsonLines(lines).watch(Line(id="make", text=line))
    assert obeyed(lines.getvalue()) == []
    assert json.loads(lines.getvalue())["text"] == line
    assert obeyed(events.document({"log": line})) == []
    assert {one.name for one in annotated(BuildError(line, details=[f"cause: {line}"]), line)} == {"error"}


def test_it_is_the_guard_that_prevents_it() -> None:
    stream = io.StringIO()
    out = screen(stream, {})
    out.show(*failure.screen(BuildError("bad", details=["::add-path::/tmp/evil"]), out.glyphs))
    assert [one.name for one in obeyed(stream.getvalue())] == ["add-path"]


@given(st.text(max_size=60), st.text(max_size=60))
def test_what_is_said_arrives_as_it_was(message: str, file: str) -> None:
    file = f"src/{file}.cc"
    line = github.command("error", message, file=file)
    assert "\n" not in line
    assert "\r" not in line
    (one,) = obeyed(line) if line.splitlines() == [line] else [Obeyed("error", {"file": file}, message)]
    assert (one.data, one.properties["file"]) == (message, file)


@example("x\r::a::")
@given(st.text(alphabet=":#[] \t\n\rax\\", max_size=40))
def test_nothing_that_is_shown_is_a_command(text: str) -> None:
    shown = github.harmless(text.replace("a", "error"))
    assert obeyed(shown) == []


def test_the_first_error_of_a_build_is_annotated_with_its_file_and_line() -> None:
    error = BuildError(
        "src/io/image_io.cc:170: 'CV_BGR2RGB' was not declared",
        details=["src/io/image_io.cc:170:25: error: ...", "cause: OpenCV 4 dropped it", "log: /x/make.log"],
        remedy="--without opencv",
    )
    assert annotated(error, "Compile lib/libmxnet.so with 2 jobs, 50% done") == [
        Obeyed(
            "error",
            {
                "file": "src/io/image_io.cc",
                "line": "170",
                "title": "mxbuild: Compile lib/libmxnet.so with 2 jobs, 50% done",
            },
            "'CV_BGR2RGB' was not declared\ncause: OpenCV 4 dropped it\nremedy: --without opencv",
        )
    ]


def test_every_fault_of_a_recipe_is_annotated_in_the_file_as_the_checkout_has_it() -> None:
    details = [
        f"/home/runner/work/app/recipes/own.toml:{n}:3: there is no flag\n   {n} | X = 1\n     | ^"
        for n in range(1, 13)
    ]
    seen = annotated(RecipeError("own.toml has 12 faults", details=details), workspace="/home/runner/work/app")
    assert len(seen) == 10, "GitHub shows no more"
    assert seen[1] == Obeyed(
        "error",
        {"file": "recipes/own.toml", "line": "2", "col": "3", "title": "mxbuild: recipe"},
        "there is no flag",
    )
    (elsewhere,) = annotated(RecipeError("x", details=["/home/own.toml:1: bad"]), workspace="/home/runner")
    assert elsewhere.properties["file"] == "/home/own.toml"


def test_a_machine_that_cannot_is_annotated_with_every_complaint() -> None:
    (seen,) = annotated(values.HOST_ERROR)
    assert seen.properties == {"title": "mxbuild: host"}
    for complaint in values.HOST_ERROR.complaints:
        assert complaint.text in seen.data
        assert complaint.remedy in seen.data


def test_who_stops_a_job_needs_no_annotation() -> None:
    assert annotated(Interrupted("stopped")) == []


def test_a_secret_is_in_no_annotation() -> None:
    said = annotated(BuildError("src/hunter:22%/a.cc:1: hunter:22%", remedy="hunter:22%"), "hunter:22%")
    assert "hunter" not in str(said)
    assert "***" in said[0].data


def test_each_step_is_a_group_with_its_result_below_it_and_each_warning_an_annotation() -> None:
    stream = io.StringIO()
    with Workflow(screen(stream, THERE), hide=Redactor({"A_TOKEN": "hunter22"})) as workflow:
        workflow.watch(StepStarted(id="make", title="Compile", why="not done yet"))
        workflow.watch(Message(id="make", text="hunter22 was lost", level="warning"))
        workflow.watch(StepFinished(id="make", title="Compile", seconds=1.0, detail="9 objects"))
        workflow.watch(StepStarted(id="verify", title="Verify", why=""))  # and is stopped
    assert stream.getvalue().splitlines() == [
        "::group::Compile",
        "▸ Compile",
        "::warning title=mxbuild::*** was lost",
        "::endgroup::",
        "✓ Compile: 9 objects, 1.0 s",
        "::group::Verify",
        "▸ Verify",
        "::endgroup::",
    ]


def test_quiet_leaves_warnings_only() -> None:
    stream = io.StringIO()
    with Workflow(screen(stream, THERE), hide=str, quiet=True) as workflow:
        workflow.watch(StepStarted(id="make", title="Compile", why=""))
        workflow.watch(Message(id="make", text="lost", level="warning"))
        workflow.watch(StepFinished(id="make", title="Compile", seconds=1.0, detail=""))
    assert stream.getvalue() == "::warning title=mxbuild::lost\n"


class Gone(io.StringIO):
    def write(self, text: str) -> int:
        raise BrokenPipeError(text)


def test_a_reader_that_leaves_does_not_end_the_work() -> None:
    with Workflow(screen(Gone(), THERE), hide=str) as workflow:
        for _ in range(3):
            workflow.watch(StepStarted(id="make", title="Compile", why=""))
            workflow.watch(Message(id="make", text="lost", level="warning"))
