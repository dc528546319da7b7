"""install at a terminal asks once before packages are installed; without one it never does. And how it is stopped."""

import os
import pty
import re
import select
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from mxbuild import pipeline, system
from mxbuild.cli import main
from mxbuild.errors import AptError
from mxbuild.execute import engine
from tests import forks
from tests.cli.conftest import HOSTS

WORKING = """
import time
from mxbuild import pipeline
from mxbuild.model import StepStarted

def install(system, request, where, watch, approve, **_):
    assert approve(None)
    watch(StepStarted(id="make", title="Compile", why=""))
    for _ in range(600):
        print("ready", flush=True)
        time.sleep(0.1)

pipeline.install = install
from mxbuild.cli import main
code = main(["install", "--yes"])
"""


def environment(tmp_path: Path) -> dict[str, str]:
    places = {f"MXBUILD_{name}": str(tmp_path / name.lower()) for name in ("PREFIX", "CACHE_DIR", "STATE_DIR")}
    return {**os.environ, **places, "TERM": "xterm", "LC_ALL": "C.UTF-8"}


def install(*words: str) -> int:
    """`mxbuild install WORDS` on a captured machine, up to where packages would be installed."""
    captured = system.System.captured(HOSTS / "ubuntu-24.04-fresh")

    def execute(*_: object, **__: object) -> None:
        raise AptError("this is where packages would be installed")

    system.System = lambda: captured  # type: ignore[misc, assignment]
    engine.execute = execute  # type: ignore[assignment]
    return main(["install", *words])


def slow(*words: str) -> int:
    """The same on a machine that takes its time to be looked at; in a process that ends with it."""
    look = pipeline.look

    def slowly(*given: Any, **more: Any) -> pipeline.View:
        time.sleep(1.2)
        return look(*given, **more)

    pipeline.look = slowly
    return install(*words)


def at_terminal(tmp_path: Path, answer: str, *words: str, run: Callable[..., int] = install) -> tuple[int, str]:
    """`mxbuild install WORDS` at a terminal of its own: exit code, and all that was shown."""
    terminal, side = pty.openpty()
    fds = {"stdin": side, "stdout": side, "stderr": side}
    child = forks.start(lambda: run(*words), environ=environment(tmp_path), cwd=tmp_path, session=True, **fds)
    os.close(side)
    shown, answered, deadline = b"", False, time.monotonic() + 60
    while time.monotonic() < deadline:
        try:
            if select.select([terminal], [], [], 0.1)[0]:
                shown += os.read(terminal, 65536)
        except OSError:  # the other side has been closed
            break
        if b"[Y/n]" in shown and not answered:
            os.write(terminal, answer.encode())
            answered = True
    os.close(terminal)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), shown.decode()


def test_no_changes_nothing(tmp_path: Path) -> None:
    code, shown = at_terminal(tmp_path, "n\n")
    assert code == 130
    assert "10 Debian packages to install" in shown
    assert "libopenblas-dev" in shown
    assert "nothing was changed" in shown
    assert "resume" not in shown
    assert list(tmp_path.iterdir()) == []


def test_who_waits_for_the_first_step_sees_why_and_the_question_stands_alone(tmp_path: Path) -> None:
    _, shown = at_terminal(tmp_path, "n\n", run=slow)
    before, _, after = shown.partition("10 Debian packages to install")
    assert "Look at this machine, and plan" in before
    assert "Look at this machine" not in after
    # When the question comes the line is gone, and the cursor is back.
    assert re.search(r"\x1b\[2K[^\n]*\x1b\[\?25h[^\n]*\n", before.rpartition("Look at this machine")[2] + "\n")


def test_enter_is_yes(tmp_path: Path) -> None:
    code, shown = at_terminal(tmp_path, "\n")
    assert code == 6
    assert shown.count("[Y/n]") == 1
    assert "this is where packages would be installed" in shown


def test_yes_is_not_asked(tmp_path: Path) -> None:
    code, shown = at_terminal(tmp_path, "", "--yes")
    assert code == 6
    assert "[Y/n]" not in shown


def test_without_a_terminal_nothing_is_asked(tmp_path: Path) -> None:
    code, out, err = forks.called(install, environ=environment(tmp_path), cwd=tmp_path)
    assert code == 6
    assert "[Y/n]" not in out + err
    assert "resume  mxbuild install" in err


def work() -> int:
    """WORKING in this process."""
    found: dict[str, int] = {}
    exec(WORKING, found)
    return found["code"]


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP, signal.SIGINT])
def test_a_signal_ends_an_install_like_ctrl_c(number: signal.Signals, tmp_path: Path) -> None:
    reading, writing = os.pipe()
    with (tmp_path / "err").open("w+") as err, open(os.devnull) as nothing, open(reading) as out:
        fds = {"stdin": nothing.fileno(), "stdout": writing, "stderr": err.fileno()}
        child = forks.start(work, environ=environment(tmp_path), cwd=tmp_path, **fds)
        os.close(writing)
        assert out.readline() == "ready\n"
        os.kill(child, number)
        assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 130
    said = (tmp_path / "err").read_text()
    assert "stopped: the same command goes on where it was" in said
    assert "resume  mxbuild install --yes" in said


def test_under_nohup_a_closed_terminal_ends_nothing(tmp_path: Path) -> None:
    process = subprocess.Popen(
        ["nohup", sys.executable, "-c", f"{WORKING}raise SystemExit(code)"],
        stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True,
        stdin=subprocess.DEVNULL, env=environment(tmp_path),
    )  # fmt: skip
    assert process.stdout is not None
    assert process.stdout.readline() == "ready\n"
    process.send_signal(signal.SIGHUP)
    assert [process.stdout.readline() for _ in range(5)] == ["ready\n"] * 5
    process.send_signal(signal.SIGTERM)
    process.communicate(timeout=60)
    assert process.returncode == 130
