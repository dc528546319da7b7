"""Exit codes, and what is said when something does not go well."""

import errno
import json
import os
import re
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from mxbuild import pipeline
from mxbuild.cli import main
from mxbuild.errors import EXIT_CODES, BuildError, HostError, Interrupted, MxbuildError, SourceError
from tests.ui import values


def raise_from_list(monkeypatch: pytest.MonkeyPatch, error: BaseException) -> None:
    """`mxbuild list` meets `error`."""

    def fail(prefix: str) -> None:
        raise error

    monkeypatch.setattr("mxbuild.environments.installed", fail)


def kinds() -> list[type[MxbuildError]]:
    return MxbuildError.__subclasses__()


def an(kind: type[MxbuildError]) -> MxbuildError:
    if kind is HostError:
        return values.HOST_ERROR
    return kind("the message", details=["a detail"], remedy="the remedy")


@pytest.mark.parametrize("given", [["--store", "/a"], ["--store=/a"], []])
def test_what_can_be_done_without_is_left_out_of_the_command(
    given: list[str], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    error = SourceError("no store")
    error.without = "--store"

    def fail(*_: object) -> None:
        raise error

    monkeypatch.setattr("mxbuild.pipeline.look", fail)
    assert main(["plan", *given, "mini", "--jobs", "2"]) == 5
    assert "  instead  mxbuild plan mini --jobs 2 --store ''\n" in capsys.readouterr().err
    assert main(["plan", *given, "--json"]) == 5
    assert json.loads(capsys.readouterr().out)["error"]["without"] == "--store"


def test_every_kind_of_error_has_a_documented_exit_code_of_its_own() -> None:
    """0, 70 and 10, which is an answer, are of no error."""
    assert {kind.exit_code for kind in kinds()} | {0, 10, 70} == set(EXIT_CODES)


@pytest.mark.parametrize("kind", kinds())
def test_an_error_is_a_screen_and_an_exit_code(
    kind: type[MxbuildError], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    error = an(kind)
    raise_from_list(monkeypatch, error)
    assert main(["list"]) == kind.exit_code
    out, err = capsys.readouterr()
    assert out == ""
    label = "" if kind is Interrupted else "error: "
    assert err.startswith(f"{label}{error.message}\n")


@pytest.mark.parametrize("kind", kinds())
def test_with_json_an_error_is_one_line_on_stdout(
    kind: type[MxbuildError], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    raise_from_list(monkeypatch, an(kind))
    assert main(["list", "--json"]) == kind.exit_code
    out, err = capsys.readouterr()
    assert err == ""
    assert out.count("\n") == 1
    said = json.loads(out)
    assert (said["ok"], said["exit_code"], said["error"]["kind"]) == (False, kind.exit_code, kind.kind)


@pytest.mark.parametrize(
    ("words", "part"),
    [
        (["instal"], "did you mean install?"),
        (["recipes", "lits"], "did you mean list?"),
        (["clean"], "there is no command clean; did you mean gc?\n"),
        (["help", "install"], "there is no command help; did you mean --help?\n"),
        (["install", "--wiht", "opencv"], "error: there is no option --wiht; did you mean --with?\n"),
        (["install", "--wit", "opencv"], "error: there is no option --wit; did you mean --with?\n"),
        (["install", "--xyzzy"], "error: there is no option --xyzzy\n"),
        (["install", "--jobs", "0"], "--jobs"),
        (["install", "--set", "USE_OPENCV"], "--set USE_OPENCV=0"),
        (["install", "--with", "a", "--without", "a"], "contradict"),
        (["install", "-q", "-v"], "contradict"),
        (["explain"], "SUBJECT"),
        (["uninstall"], "ENV"),
        (["run"], "no command is given"),
        (["run", "mini", "--"], "no command is given"),
        (["run", "a", "b", "--", "true"], "one environment at most"),
    ],
)
def test_a_wrong_command_line_is_said_with_what_is_right(
    words: list[str], part: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(words) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert part in err
    assert "--help" in err


def test_a_recipe_in_the_place_of_what_is_asked_about_is_put_right(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["explain", "mini", "compiler"]) == 2
    assert capsys.readouterr().err.endswith("\n  remedy  mxbuild explain compiler mini\n")
    assert main(["explain", "mnii", "compiler"]) == 3


def test_a_wrong_command_line_with_json_is_json(capsys: pytest.CaptureFixture[str]) -> None:
    for words in (["check", "--nonsense", "--json"], ["plan", "--json", "--format", "sh"]):
        assert main(words) == 2
        assert json.loads(capsys.readouterr().out)["error"]["kind"] == "usage"


@pytest.fixture
def bug(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    raise_from_list(monkeypatch, ZeroDivisionError("at https://me:secret@example.org/a"))
    return tmp_path


def test_a_bug_is_called_one_and_leaves_a_report(bug: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["list", "--prefix", "https://me:secret@example.org"]) == 70
    err = capsys.readouterr().err
    assert err.startswith("error: This is a bug in mxbuild: ZeroDivisionError")
    (report,) = bug.glob("mxbuild-bug-*.txt")
    assert str(report) in err
    text = report.read_text()
    for part in ("mxbuild 0.", "Python 3.", "msgspec ", "command: mxbuild list --prefix", "Traceback", "test_main.py"):
        assert part in text
    assert "secret" not in text + err


def test_a_bug_whose_report_cannot_be_written_is_reported_still(
    bug: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(bug / "nowhere"))
    assert main(["list"]) == 70
    assert "cannot be written" in capsys.readouterr().err


def by(cause: OSError) -> BuildError:
    """What a step makes of it."""
    error = BuildError("the wheel cannot be written")
    error.__cause__ = cause
    return error


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (OSError(errno.ENOSPC, "No space left on device"), "error: the disk is full\n"),
        (OSError(errno.EDQUOT, "Disk quota exceeded", "/data/x"), "error: /data/x: the disk is full\n"),
        (by(OSError(errno.ENOSPC, "No space left on device", "/data/x")), "error: /data/x: the disk is full\n"),
        (PermissionError(errno.EACCES, "Permission denied", "/data/x"), "error: /data/x: Permission denied\n"),
        (OSError(errno.EIO, "Input/output error"), "error: Input/output error\n"),
    ],
)
def test_what_the_disk_does_is_no_bug(
    error: Exception, said: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    raise_from_list(monkeypatch, error)
    assert main(["list"]) == 9
    assert capsys.readouterr().err.startswith(said)


def test_what_does_not_answer_in_time_is_no_bug(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    raise_from_list(monkeypatch, TimeoutError(errno.ETIMEDOUT, "did not end within 60 s", "apt-get"))
    assert main(["list"]) == 7
    assert capsys.readouterr().err.startswith("error: apt-get did not end within 60 s\n")


@pytest.mark.parametrize("words", [[], ["-q"]])
def test_the_time_that_is_told_is_that_of_this_run(
    words: list[str], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    done = pipeline.Installation(values.PLAN, (), values.RECEIPT, unchanged=False)
    monkeypatch.setattr(pipeline, "install", lambda *_, **__: done)
    assert sum(values.RECEIPT.seconds.values()) > 1000  # most of it in runs before
    assert main(["install", *words]) == 0
    (first, *_) = capsys.readouterr().out.splitlines()
    assert re.fullmatch(r".* is installed and verified  \d\.\d s", first)


def test_ctrl_c_is_interrupted(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    raise_from_list(monkeypatch, KeyboardInterrupt())
    assert main(["list"]) == 130
    assert capsys.readouterr().err == "\nstopped\n", "who stops it behind a ^C has made no error"


def test_a_reader_that_leaves_is_no_error() -> None:
    read, write = os.pipe()
    os.close(read)
    words = [sys.executable, "-m", "mxbuild", "recipes", "show"]
    done = subprocess.run(words, stdout=write, stderr=subprocess.PIPE, text=True, check=False)
    os.close(write)
    assert (done.returncode, done.stderr) == (0, "")


def test_a_stream_that_cannot_say_it_all_is_no_error(prefix: Path) -> None:
    environ = {**os.environ, "PYTHONIOENCODING": "ascii", "MXBUILD_PREFIX": str(prefix)}
    words = [sys.executable, "-m", "mxbuild", "list"]
    done = subprocess.run(words, env=environ, capture_output=True, text=True, check=False)
    assert done.returncode == 0
    assert done.stdout.isascii()
    assert "+ mini-cpu-py3.11-aaaa1111" in done.stdout


def test_no_package_index_is_taken_that_nobody_named(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.delenv("PIP_INDEX_URL", raising=False)
    assert main(["recipes", "lock", "mini"]) == 2
    assert "which package index? name it with --index URL, or in PIP_INDEX_URL" in capsys.readouterr().err
