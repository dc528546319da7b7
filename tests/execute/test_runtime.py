import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from mxbuild.execute import runtime
from mxbuild.model import CheckResult
from mxbuild.process import run_limited
from mxbuild.recipe.model import CHECKS
from tests.execute.pythons import bare_environment

EMPTY = "__version__ = '1'\n"


def subject(directory: Path, package: str, **files: str) -> runtime.Subject:
    environment = bare_environment(directory / "env", package, **files)
    return runtime.Subject(
        environment=str(environment),
        package="mxnet",
        release="1",
        library=str(next(environment.glob("lib/python*/site-packages/mxnet/libmxnet.so"))),
        environ=os.environ,
        log=str(directory / "log"),
    )


def scripts(directory: Path, monkeypatch: pytest.MonkeyPatch, **texts: str) -> None:
    """Check scripts of the test's own."""
    monkeypatch.setattr(runtime, "SCRIPTS", directory)
    for name, text in texts.items():
        (directory / f"{name}.py").write_text(text)


def run(one: runtime.Subject, *names: str) -> dict[str, CheckResult]:
    told: list[CheckResult] = []
    results = runtime.run(one, names, told.append)
    assert sorted(told, key=str) == sorted(results.values(), key=str)
    return results


def test_there_is_a_script_for_every_check_that_a_recipe_can_name() -> None:
    assert [name for name in CHECKS if not (runtime.SCRIPTS / f"{name}.py").is_file()] == []


ASK = """
import json, os, sys
for name in ("PYTHONPATH", "LD_LIBRARY_PATH", "MXNET_ENGINE_TYPE", "OMP_NUM_THREADS", "SECRET"):
    if name in os.environ:
        sys.exit(name + " leaked in")
if sys.stdin.read() or os.listdir(".") or os.getcwd() == START or sys.argv[1:3] != ["mxnet", "1"]:
    sys.exit("other surroundings")
print("noise")
print("all is well")
"""


def test_a_check_gets_no_surroundings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("PYTHONPATH", "LD_LIBRARY_PATH", "MXNET_ENGINE_TYPE", "OMP_NUM_THREADS", "SECRET"):
        monkeypatch.setenv(name, "1")
    scripts(tmp_path, monkeypatch, ask=ASK.replace("START", repr(os.getcwd())))
    result = run(subject(tmp_path, EMPTY), "ask")["ask"]
    assert (result.status, result.detail) == ("passed", "all is well")
    assert "noise" in (tmp_path / "log").read_text()


@pytest.mark.parametrize(
    ("text", "detail"),
    [
        ("import os; print('Check failed: axis', flush=True); os.abort()", "crashed with SIGABRT; Check failed: axis"),
        ("import ctypes; ctypes.string_at(0)", "crashed with SIGSEGV"),
        ("import sys; sys.exit('expected 1, seen 2')", "expected 1, seen 2"),
        ("raise ValueError('of no value')", "ValueError: of no value"),
        ("raise SystemExit(3)", "ended with status 3 and said nothing"),
        ("pass", "ended with status 0 and said nothing"),
    ],
)
def test_a_check_that_fails_says_why(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, text: str, detail: str) -> None:
    scripts(tmp_path, monkeypatch, bad=text)
    result = run(subject(tmp_path, EMPTY), "bad")["bad"]
    assert (result.status, result.detail) == ("failed", detail)


def test_mxnets_stack_of_addresses_does_not_hide_its_message() -> None:
    text = (
        'Traceback (most recent call last):\n  File "a.py", line 1, in <module>\n    f()\n'
        "mxnet.base.MXNetError: [12:00:00] src/operator/c_lapack_api.cc:10: MXNet build without lapack.\n\n"
        "Stack trace returned 10 entries:\n[bt] (0) libmxnet.so(+0x1) [0x7f]\n[bt] (1) libmxnet.so(+0x2) [0x7f]\n"
    )
    assert runtime.last_words(text).endswith("MXNet build without lapack.")


def test_where_the_import_fails_nothing_else_is_run(tmp_path: Path) -> None:
    results = run(subject(tmp_path, "raise ImportError('libgfortran.so.3: cannot open')"), "dot", "import", "version")
    assert results["import"].status == "failed"
    assert "libgfortran.so.3" in results["import"].detail
    assert {results[n].status for n in ("dot", "version")} == {"not run"}


def test_what_packages_require_is_said_where_the_import_fails(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    scripts(tmp_path, monkeypatch, requirements="import sys; sys.exit('mxnet requires numpy, which is not installed.')")
    (tmp_path / "import.py").write_text("import sys; sys.exit('No module named numpy')")
    results = run(subject(tmp_path, EMPTY), "import", "dot", "requirements")
    assert results["requirements"].detail == "mxnet requires numpy, which is not installed."
    assert {name: one.status for name, one in results.items()} == {
        "import": "failed", "dot": "not run", "requirements": "failed",
    }  # fmt: skip


def test_a_check_is_run_once_however_often_it_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    scripts(tmp_path, monkeypatch, once=f"open({str(tmp_path / 'count')!r}, 'a').write('x'); print('done')")
    run(subject(tmp_path, EMPTY), "once", "once")
    assert (tmp_path / "count").read_text() == "x"


def names(results: dict[str, CheckResult], status: str) -> set[str]:
    return {name for name, result in results.items() if result.status == status}


FINE = "import os; open(PIDS, 'a').write('%d ' % os.getpid()); print('noise'); print('fine')"


def test_checks_share_a_process_and_each_has_an_empty_directory(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pids = tmp_path / "pids"
    text = "assert not os.listdir('.'); open('litter', 'w')\n" + FINE.replace("PIDS", repr(str(pids)))
    scripts(tmp_path, monkeypatch, **dict.fromkeys("abcdef", f"import os\n{text}"))
    results = run(subject(tmp_path, EMPTY), *"abcdef")
    assert {(result.status, result.detail) for result in results.values()} == {("passed", "fine")}
    assert len(pids.read_text().split()) == 6
    assert len(set(pids.read_text().split())) == 2


@pytest.mark.parametrize(
    ("text", "detail"),
    [
        ("import os; os.abort()", "crashed with SIGABRT"),
        ("import sys; sys.exit('expected 1, seen 2')", "expected 1, seen 2"),
        ("raise ValueError('of no value')", "ValueError: of no value"),
        ("import atexit, os; atexit.register(os._exit, 3); print('well')", "well"),
        ("pass", "ended with status 0 and said nothing"),
    ],
)
def test_one_that_fails_in_company_takes_no_other_along(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, text: str, detail: str
) -> None:
    fine = FINE.replace("PIDS", repr(str(tmp_path / "pids")))
    scripts(tmp_path, monkeypatch, **dict.fromkeys("abde", fine), c=text)
    results = run(subject(tmp_path, EMPTY), *"abcde")
    assert names(results, "failed") == {"c"}
    assert results["c"].detail == detail


def test_what_another_one_spoilt_passes_by_itself(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    spoilt = "import sys; assert not hasattr(sys, 'spoilt'); print('fine')"
    scripts(tmp_path, monkeypatch, a="import sys; sys.spoilt = 1; print('fine')", b="print('fine')", c=spoilt, d=spoilt)
    assert names(run(subject(tmp_path, EMPTY), *"abcd"), "passed") == set("abcd")


def test_one_that_hangs_in_company_holds_no_other_up_for_ever(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(runtime, "COMPANY_LIMIT", 0.5)
    monkeypatch.setattr(runtime, "LIMIT", 2.0)
    scripts(tmp_path, monkeypatch, a="print('fine')", b="print('fine')", c="import time; time.sleep(600)")
    results = run(subject(tmp_path, EMPTY), *"abc")
    assert names(results, "passed") == {"a", "b"}
    assert results["c"].detail == "did not end within 2 s"


@pytest.mark.parametrize("checks", ["a", "ab", "abcd"])
def test_a_log_that_cannot_be_written_is_no_checks_fault(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, checks: str
) -> None:
    """As where the disk is full: nothing was seen of the library."""
    scripts(tmp_path, monkeypatch, **dict.fromkeys("abcd", "print('fine')"))
    one = subject(tmp_path, EMPTY)
    (tmp_path / "log").mkdir()
    with pytest.raises(IsADirectoryError):
        runtime.run(one, checks, lambda result: None)


def test_an_answer_that_is_none_counts_for_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever writes where the checks that passed are noted."""
    note = "open('../../results', 'a').write('{' + chr(10))"
    lie = f"import os; os.getcwd().count('/work/') and {note}; print('fine')"
    scripts(tmp_path, monkeypatch, a=lie, b="print('fine')", c="raise ValueError('c')")
    results = run(subject(tmp_path, EMPTY), *"abc")
    assert (names(results, "failed"), results["c"].detail) == ({"c"}, "ValueError: c")


HANG = """
import subprocess, sys, time
child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"])
open(FILE, "w").write(str(child.pid))
print("started", flush=True)
time.sleep(600)
"""


def test_one_that_hangs_is_ended_with_all_that_it_started(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pid, real = tmp_path / "pid", time.monotonic
    scripts(tmp_path, monkeypatch, hang=HANG.replace("FILE", repr(str(pid))))
    # An hour passes as soon as it hangs, however slow the machine is.
    monkeypatch.setattr(time, "monotonic", lambda: real() + (3600 if pid.exists() and pid.read_text() else 0))
    result = run(subject(tmp_path, EMPTY), "hang")["hang"]
    assert result.status == "failed"
    assert result.detail.startswith("did not end within 300 s")
    assert not alive(int(pid.read_text()))


RUNNER = """
import os, sys
from pathlib import Path
from mxbuild.execute import runtime
runtime.SCRIPTS = Path(sys.argv[1])
one = runtime.Subject(sys.argv[2], "mxnet", "1", "", os.environ, sys.argv[1] + "/log")
try:
    runtime.run(one, ["hang"], print)
except KeyboardInterrupt:
    print("interrupted")
"""


def test_ctrl_c_ends_the_checks_under_way(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    one = subject(tmp_path, EMPTY)
    scripts(tmp_path, monkeypatch, hang=HANG.replace("FILE", repr(str(tmp_path / "pid"))))
    command = [sys.executable, "-c", RUNNER, str(tmp_path), one.environment]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as runner:
        while not (tmp_path / "pid").exists() or not (tmp_path / "pid").read_text():
            time.sleep(0.02)
        runner.send_signal(signal.SIGINT)
        assert runner.communicate()[0] == "interrupted\n"
    assert not alive(int((tmp_path / "pid").read_text()))


def test_a_limited_child_gives_both_streams_and_its_signal() -> None:
    ended = run_limited(["sh", "-c", "echo a; echo b >&2; kill -9 $$"], env={}, cwd="/", timeout=60)
    assert ended == (-9, "a\n", "b\n", False)


def alive(pid: int) -> bool:
    """A zombie that nobody has reaped is not."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False
