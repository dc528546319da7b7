"""install at a terminal asks once before packages are installed; without one it never does. And how it is stopped."""

import os
import pty
import select
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.cli.conftest import HOSTS

INSTALL = """
import sys
from mxbuild import system
from mxbuild.errors import AptError
from mxbuild.execute import engine

captured = system.System.captured(__import__("pathlib").Path(sys.argv[1]))
system.System = lambda: captured

def execute(*_, **__):
    raise AptError("this is where packages would be installed")

engine.execute = execute
from mxbuild.cli import main
sys.exit(main(sys.argv[2:]))
"""

WORKING = """
import sys, time
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
sys.exit(main(["install", "--yes"]))
"""


def environment(tmp_path: Path) -> dict[str, str]:
    places = {f"MXBUILD_{name}": str(tmp_path / name.lower()) for name in ("PREFIX", "CACHE_DIR", "STATE_DIR")}
    return {**os.environ, **places, "TERM": "xterm", "LC_ALL": "C.UTF-8"}


def at_terminal(tmp_path: Path, answer: str, *words: str) -> tuple[int, str]:
    """`mxbuild install WORDS` at a terminal of its own: exit code, and all that was shown."""
    main, side = pty.openpty()
    process = subprocess.Popen(
        [sys.executable, "-c", INSTALL, str(HOSTS / "ubuntu-24.04-fresh"), "install", *words],
        stdin=side, stdout=side, stderr=side, env=environment(tmp_path), start_new_session=True,
    )  # fmt: skip
    os.close(side)
    shown, answered, deadline = b"", False, time.monotonic() + 60
    while time.monotonic() < deadline:
        try:
            if select.select([main], [], [], 0.1)[0]:
                shown += os.read(main, 65536)
            elif process.poll() is not None:
                break
        except OSError:  # the other side has been closed
            break
        if b"[Y/n]" in shown and not answered:
            os.write(main, answer.encode())
            answered = True
    os.close(main)
    return process.wait(10), shown.decode()


def test_no_changes_nothing(tmp_path: Path) -> None:
    code, shown = at_terminal(tmp_path, "n\n")
    assert code == 130
    assert "10 Debian packages to install" in shown
    assert "libopenblas-dev" in shown
    assert "nothing was changed" in shown
    assert "resume" not in shown
    assert list(tmp_path.iterdir()) == []


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
    done = subprocess.run(
        [sys.executable, "-c", INSTALL, str(HOSTS / "ubuntu-24.04-fresh"), "install"],
        stdin=subprocess.DEVNULL, capture_output=True, text=True, env=environment(tmp_path), check=False,
    )  # fmt: skip
    assert done.returncode == 6
    assert "[Y/n]" not in done.stdout + done.stderr
    assert "resume  mxbuild install" in done.stderr


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP, signal.SIGINT])
def test_a_signal_ends_an_install_like_ctrl_c(number: signal.Signals, tmp_path: Path) -> None:
    process = subprocess.Popen(
        [sys.executable, "-c", WORKING],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=environment(tmp_path),
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "ready\n"
    process.send_signal(number)
    _, err = process.communicate(timeout=60)
    assert process.returncode == 130
    assert "stopped: the same command goes on where it was" in err
    assert "resume  mxbuild install --yes" in err


def test_under_nohup_a_closed_terminal_ends_nothing(tmp_path: Path) -> None:
    process = subprocess.Popen(
        ["nohup", sys.executable, "-c", WORKING], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True,
        stdin=subprocess.DEVNULL, env=environment(tmp_path),
    )  # fmt: skip
    assert process.stdout is not None
    assert process.stdout.readline() == "ready\n"
    process.send_signal(signal.SIGHUP)
    assert [process.stdout.readline() for _ in range(5)] == ["ready\n"] * 5
    process.send_signal(signal.SIGTERM)
    process.communicate(timeout=60)
    assert process.returncode == 130
