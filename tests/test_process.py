import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from mxbuild.process import LONGEST, output, run_logged, signal_name

ENV = {"PATH": os.environ["PATH"]}


def test_output_goes_to_the_log_and_line_by_line_to_the_caller(tmp_path: Path) -> None:
    lines: list[str] = []
    log = str(tmp_path / "log")
    code = run_logged(
        ["sh", "-c", "echo out; echo err >&2; printf 'bad \\377\\n'; exit 3"],
        env=ENV, cwd=str(tmp_path), log=log, on_line=lines.append,
    )  # fmt: skip
    assert code == 3
    assert lines == ["out", "err", "bad \\xff"]
    assert Path(log).read_bytes().splitlines()[1:] == [b"out", b"err", b"bad \xff"]


def test_a_line_without_an_end_takes_no_more_memory_than_another(tmp_path: Path) -> None:
    lines: list[str] = []
    log = str(tmp_path / "log")
    script = "head -c 3000000 /dev/zero | tr '\\0' x; echo; echo next"
    run_logged(["sh", "-c", script], env=ENV, cwd="/", log=log, on_line=lines.append)
    assert lines == ["x" * LONGEST, "next"], "its beginning, once"
    assert Path(log).read_bytes().endswith(b"x" * 3_000_000 + b"\nnext\n"), "the log has all of it"


def test_every_signal_has_a_name() -> None:
    assert signal_name(11) == "SIGSEGV"
    assert signal_name(40) == "signal 40"


def test_stdin_is_closed_and_nothing_of_the_environment_leaks(tmp_path: Path) -> None:
    lines: list[str] = []
    script = "read -r x && echo read; env | grep -v -e ^PWD -e ^SHLVL -e ^_= -e ^OLDPWD"
    run_logged(["sh", "-c", script], env=ENV, cwd="/", log=str(tmp_path / "l"), on_line=lines.append)
    assert lines == [f"PATH={ENV['PATH']}"]


def test_an_unknown_program_is_an_os_error(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        run_logged(["/no/such/program"], env=ENV, cwd="/", log=str(tmp_path / "l"))


RUNNER = """
import sys
from mxbuild.process import run_logged
try:
    run_logged(["sh", "-c", sys.argv[2]], env={"PATH": "/usr/bin:/bin"}, cwd="/", log=sys.argv[1],
               on_line=lambda line: print(line, flush=True), interruptible=sys.argv[3] == "yes")
except KeyboardInterrupt:
    print("interrupted", flush=True)
"""


def start(tmp_path: Path, script: str, interruptible: str) -> "subprocess.Popen[str]":
    return subprocess.Popen(
        [sys.executable, "-c", RUNNER, str(tmp_path / "log"), script, interruptible], stdout=subprocess.PIPE, text=True
    )


def test_ctrl_c_ends_every_process_of_the_group_even_one_that_ignores_term(tmp_path: Path) -> None:
    script = "trap '' TERM; (trap '' TERM; sleep 60 & echo $!; wait) & echo $$; wait; sleep 60"
    with start(tmp_path, script, "yes") as runner:
        assert runner.stdout is not None
        pids = [int(runner.stdout.readline()) for _ in range(2)]
        runner.send_signal(signal.SIGINT)
        assert runner.stdout.readline() == "interrupted\n"
    for pid in pids:
        assert not _runs(pid), pid


def test_what_must_not_be_interrupted_runs_to_its_end(tmp_path: Path) -> None:
    with start(tmp_path, "echo begin; sleep 0.5; echo end; touch " + str(tmp_path / "done"), "no") as runner:
        assert runner.stdout is not None
        assert runner.stdout.readline() == "begin\n"
        runner.send_signal(signal.SIGINT)
        assert runner.stdout.read().splitlines() == ["end", "interrupted"]
    assert (tmp_path / "done").exists()


def test_output_gives_status_and_both_streams() -> None:
    assert output(["sh", "-c", "echo a; echo b >&2; exit 4"], env=ENV, cwd="/") == (4, "a\n", "b\n")


def test_what_does_not_end_in_time_is_an_error_of_the_system() -> None:
    with pytest.raises(TimeoutError, match="did not end within 0 s"):
        output(["sleep", "60"], env=ENV, cwd="/", timeout=0.1)


def _runs(pid: int) -> bool:
    """Whether it still does something: a zombie that nobody has reaped does not."""
    for _ in range(50):
        try:
            state = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0]
        except OSError:
            return False
        if state == "Z":
            return False
        time.sleep(0.02)
    return True
