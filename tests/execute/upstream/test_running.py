"""Files of tests in real processes, whatever they do to them. The library is not needed for that."""

import dataclasses
import json
import os
import sys
import threading
import time
from pathlib import Path

import pytest

from mxbuild.errors import UsageError
from mxbuild.execute.upstream.records import Records
from mxbuild.execute.upstream.running import Setting, run_file
from mxbuild.execute.upstream.together import run_files
from mxbuild.model import Case, Event, Progress, Suite

NAME = "test_it.py"


def setting(tmp_path: Path, **files: str) -> Setting:
    """Args: `files`: name without .py -> text."""
    directory = tmp_path / "tree" / "tests"
    directory.mkdir(parents=True)
    for name, text in files.items():
        (directory / f"{name}.py").write_text(text)
    return Setting(
        python=sys.executable,
        packages=str(tmp_path / "none"),
        tree=str(tmp_path / "tree"),
        directory="tests",
        environ={**os.environ, "LD_PRELOAD": "", "MXNET_X": "1"},
        extra={},
        match="",
        limit=60.0,
        log=str(tmp_path / "log"),
        threads=1,
    )


def run(world: Setting, file: str = NAME) -> Suite:
    return run_file(world, file, lambda records: None, threading.Event())


def ends(file: Suite) -> list[tuple[str, str, str]]:
    return [(case.name.partition("::")[2], case.result, case.said) for case in file.cases]


def named(file: Suite, name: str) -> Case:
    return next(case for case in file.cases if case.name.endswith(f"::{name}"))


def test_every_way_to_end_by_itself(tmp_path: Path) -> None:
    text = """
import unittest, pytest
def test_good(): pass
def test_bad(): assert 1 + 1 == 3, "no \x1b[31msum\a"
@unittest.skip("no device")
def test_left(): raise AssertionError
@pytest.mark.xfail(reason="a bug")
def test_expected(): raise AssertionError
@pytest.fixture
def broken(): raise OSError("not there")
def test_setup(broken): pass
@pytest.fixture
def leaving():
    yield
    raise OSError("cannot leave")
def test_teardown(leaving): pass
@pytest.mark.parametrize("n", [1, 2])
def test_each(n): assert n == 1
"""
    found = run(setting(tmp_path, test_it=text))
    assert [(name, result) for name, result, _ in ends(found)] == [
        ("test_good", "passed"),
        ("test_bad", "failed"),
        ("test_left", "skipped"),
        ("test_expected", "skipped"),
        ("test_setup", "failed"),
        ("test_teardown", "failed"),
        ("test_each[1]", "passed"),
        ("test_each[2]", "failed"),
    ]
    assert named(found, "test_bad").said == "AssertionError: no sum\N{REPLACEMENT CHARACTER}"
    assert "assert 1 + 1 == 3" in named(found, "test_bad").text
    assert named(found, "test_left").said == "no device"
    assert named(found, "test_expected").said == "expected to fail: a bug"
    assert named(found, "test_setup").said == "OSError: not there"
    assert not any(case.broken for case in found.cases)
    assert found.processes == 1


def test_a_crash_takes_no_result_with_it_and_the_rest_is_run(tmp_path: Path) -> None:
    text = """
import os, signal, sys
def test_a(): pass
def test_b():
    os.write(2, b"engine.cc:1: Check failed\\n")
    os.abort()
def test_c(): pass
def test_d(): os.kill(os.getpid(), signal.SIGSEGV)
def test_e(): os._exit(7)
def test_f(): pass
"""
    found = run(setting(tmp_path, test_it=text))
    assert ends(found) == [
        ("test_a", "passed", ""),
        ("test_b", "failed", "crash: SIGABRT"),
        ("test_c", "passed", ""),
        ("test_d", "failed", "crash: SIGSEGV"),
        ("test_e", "failed", "crash: its process ended with status 7"),
        ("test_f", "passed", ""),
    ]
    assert "engine.cc:1: Check failed" in named(found, "test_b").text
    assert "in test_b" in named(found, "test_b").text, "where it was, from faulthandler"
    assert named(found, "test_b").broken
    assert found.processes == 4
    assert "engine.cc:1: Check failed" in (tmp_path / "log").read_text()


def test_a_crash_after_the_last_test_is_seen(tmp_path: Path) -> None:
    text = "import atexit, os\natexit.register(os.abort)\ndef test_a(): pass\n"
    assert ends(run(setting(tmp_path, test_it=text))) == [
        ("test_a", "passed", ""),
        ("(exit)", "failed", "crash: SIGABRT"),
    ]


def test_a_file_that_does_not_load(tmp_path: Path) -> None:
    for text, result, said in (
        ("import nowhere_to_be_found\ndef test_a(): pass\n", "failed", "No module named 'nowhere_to_be_found'"),
        ("import os\nos.abort()\n", "failed", "crash: SIGABRT"),
        ("import unittest\nraise unittest.SkipTest('not here')\n", "skipped", "not here"),
        ("def test_a(:\n", "failed", "SyntaxError"),
    ):
        where = tmp_path / str(len(text))
        where.mkdir()
        ((name, got, why),) = ends(run(setting(where, test_it=text)))
        assert (name, got) == ("(import)", result)
        assert said in why


def test_a_test_that_hangs_is_ended_with_its_children_and_the_rest_is_run(tmp_path: Path) -> None:
    text = f"""
import subprocess, time
def test_a(): pass
def test_b():
    child = subprocess.Popen(["sleep", "100"])
    open({str(tmp_path / "pid")!r}, "w").write(str(child.pid))
    time.sleep(100)
def test_c(): pass
"""
    world = setting(tmp_path, test_it=text)
    started = time.monotonic()
    found = run(replaced(world, limit=2.0))
    assert ends(found) == [
        ("test_a", "passed", ""),
        ("test_b", "failed", "time: had not ended after 2 s"),
        ("test_c", "passed", ""),
    ]
    assert time.monotonic() - started < 40
    state = Path(f"/proc/{(tmp_path / 'pid').read_text()}/stat")
    assert not state.exists() or state.read_text().rpartition(")")[2].split()[0] == "Z"


def replaced(world: Setting, **changes: object) -> Setting:
    return dataclasses.replace(world, **changes)  # type: ignore[arg-type]


def test_each_test_has_the_same_random_numbers_whatever_ran_before_it(tmp_path: Path) -> None:
    text = """
import os, random
def test_a(): random.random()
def test_b(): raise ValueError(random.random())
"""
    world = setting(tmp_path, test_it=text)
    alone = run(replaced(world, match="test_b"))
    assert [name for name, *_ in ends(alone)] == ["test_b"]
    assert named(alone, "test_b").said == named(run(world), "test_b").said


def test_tests_get_nothing_of_the_callers_and_a_place_of_their_own(tmp_path: Path) -> None:
    text = """
import dataclasses
import json
import os
def test_a():
    assert "MXNET_X" not in os.environ and "LD_PRELOAD" not in os.environ
    assert os.environ["EXTRA"] == "yes" and os.environ["OMP_NUM_THREADS"] == "1"
    assert os.path.exists(os.path.join(os.environ["HOME"])) and os.listdir(os.environ["HOME"]) == []
    open("written", "w").close()
    assert os.read(0, 1) == b""
"""
    world = setting(tmp_path, test_it=text)
    assert ends(run(replaced(world, extra={"EXTRA": "yes"}))) == [("test_a", "passed", "")]
    assert sorted(os.listdir(tmp_path / "tree/tests")) == [NAME]


def test_several_files_at_once_in_the_order_asked_for(tmp_path: Path) -> None:
    files = {f"test_{name}": f"def test_{name}(): pass\n" for name in "cab"}
    events: list[Event] = []
    seen: list[str] = []
    world = setting(tmp_path, **files)
    names = sorted(f"{name}.py" for name in files)
    found = run_files(world, names, 2, "upstream", events.append, lambda file: seen.append(file.name))
    assert [file.name for file in found] == names == sorted(seen)
    progress = [event for event in events if isinstance(event, Progress)]
    assert [(p.done, p.total, p.unit) for p in progress if not p.part] == [(n, 3, "files") for n in range(4)]
    last = {p.part: (p.done, p.total, p.unit) for p in progress if p.part}
    assert last == dict.fromkeys(names, (1, 1, "tests"))


def test_a_stop_ends_the_process(tmp_path: Path) -> None:
    world = setting(tmp_path, test_it="import time\ndef test_a(): pass\ndef test_b(): time.sleep(100)\n")
    stop, started = threading.Event(), time.monotonic()

    def told(records: Records) -> None:
        if records.running.endswith("test_b"):
            stop.set()

    found = run_file(world, NAME, told, stop)
    assert [case.name for case in found.cases] == [f"{NAME}::test_a"]
    assert time.monotonic() - started < 40


@pytest.mark.parametrize("ending", ["", "\n"])
def test_half_a_line_is_read_when_it_is_whole(tmp_path: Path, ending: str) -> None:
    path = tmp_path / "record"
    records = Records(NAME, str(path))
    assert not records.read()
    one, two = f"{NAME}::one", f"{NAME}::two"
    lines = [
        {"event": "collected", "tests": [one, two]},
        {"event": "start", "test": one},
        {"event": "end", "test": one},
    ]
    first, second, third = (json.dumps(line) for line in lines)
    path.write_text(f"{first}\n{second}{ending}")
    assert records.read()
    assert (records.total, records.running) == (2, one if ending else "")
    path.write_text(f"{first}\n{second}\n{third}\n")
    records.read()
    assert records.left == [two]


def test_an_expression_that_pytest_does_not_take_is_the_callers_fault(tmp_path: Path) -> None:
    world = replaced(setting(tmp_path, test_it="def test_a(): pass\n"), match="test_a and (")
    with pytest.raises(UsageError, match="test_a and"):
        run(world)
