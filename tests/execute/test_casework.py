"""Cases in processes of their own: what one of them does to its process is its own matter."""

import json
import os
from pathlib import Path

import pytest

from mxbuild.execute import casework
from mxbuild.execute.runtime import Subject
from tests.execute.pythons import bare_environment

RUNNER = """
import json, os, sys
request = json.load(open(sys.argv[1]))
if request["group"] == "unfit":
    sys.exit("ImportError: libgfortran.so.3: cannot open shared object file")
with open(sys.argv[2], "a") as results:
    for case in ["first", "crash", "last"]:
        if case not in request["skip"]:
            print(json.dumps({"case": case, "status": "begun"}), file=results, flush=True)
            if case == "crash" and request["group"] == "breaking":
                os.abort()
            said = {"case": case, "status": "passed", "seen": sorted(os.environ), "off": request["off"]}
            print(json.dumps(said), file=results, flush=True)
"""


@pytest.fixture
def subject(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Subject:
    """An environment, and a runner in place of the real one, which needs numpy."""
    monkeypatch.setattr(casework, "CASES", tmp_path / "cases")
    (tmp_path / "cases").mkdir()
    (tmp_path / "cases/_run.py").write_text(RUNNER)
    for group in ("breaking", "sound"):
        (tmp_path / f"cases/{group}.py").touch()
    environment = bare_environment(tmp_path / "env", "")
    return Subject(str(environment), "mxnet", "1", "", {**os.environ, "MXNET_ENGINE_TYPE": "x"}, str(tmp_path / "log"))


def test_a_crash_takes_its_own_case_along_and_no_other(subject: Subject) -> None:
    told: list[str] = []
    said = casework.run(subject, {"breaking": {}, "sound": {}}, done=lambda case, _: told.append(case))
    assert {case: result["status"] for case, result in said.items()} == {
        "breaking.first": "passed", "breaking.crash": "failed", "breaking.last": "passed",
        "sound.first": "passed", "sound.crash": "passed", "sound.last": "passed",
    }  # fmt: skip
    assert said["breaking.crash"]["detail"].startswith("crashed with SIGABRT")
    assert sorted(told) == sorted(said)


def test_a_group_that_cannot_begin_says_why(subject: Subject) -> None:
    said = casework.run(subject, {"unfit": {}})
    assert list(said) == ["unfit."]
    assert "libgfortran.so.3" in said["unfit."]["detail"]


def test_what_is_left_out_and_what_is_off_reaches_the_runner(subject: Subject) -> None:
    said = casework.run(subject, {"sound": {}}, off=["lapack"], skip=["sound.last", "breaking.first"])
    assert list(said) == ["sound.first", "sound.crash"]
    assert said["sound.first"]["off"] == ["lapack"]
    assert "MXNET_ENGINE_TYPE" not in said["sound.first"]["seen"]
    assert json.dumps("first") in Path(subject.log).read_text()


def test_one_that_hangs_is_ended(subject: Subject, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(casework, "LIMIT", 1.0)
    (casework.CASES / "_run.py").write_text(RUNNER.replace("os.abort()", "__import__('time').sleep(600)"))
    said = casework.run(subject, {"breaking": {}})
    assert said["breaking.crash"]["detail"].startswith("did not end within 1 s")
    assert said["breaking.last"]["status"] == "passed"


def test_an_interpreter_that_is_not_there(subject: Subject, tmp_path: Path) -> None:
    gone = Subject(str(tmp_path / "none"), "mxnet", "1", "", os.environ, subject.log)
    assert "cannot be started" in casework.run(gone, {"sound": {}})["sound."]["detail"]


def test_the_files_of_cases_are_the_groups(subject: Subject) -> None:
    assert casework.groups() == ("breaking", "sound")
