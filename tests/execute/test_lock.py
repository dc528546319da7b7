import os
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from mxbuild.execute import lock

HOLDER = """
import sys, time
from mxbuild.execute import lock
with lock.held(sys.argv[1], lambda who: None):
    print("held", flush=True)
    sys.stdin.readline()
"""


def test_the_second_one_waits_and_names_the_first(tmp_path: Path) -> None:
    path = str(tmp_path / "deep" / "lock")
    with subprocess.Popen(
        [sys.executable, "-c", HOLDER, path], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as first:
        assert first.stdin is not None
        assert first.stdout is not None
        assert first.stdout.readline() == "held\n"
        waited: list[str] = []

        def release(holder: str) -> None:
            waited.append(holder)
            first.communicate("\n")

        with lock.held(path, release):
            pass
    assert f"process {first.pid}" in waited[0]


def test_a_killed_holder_frees_it(tmp_path: Path) -> None:
    path = str(tmp_path / "lock")
    with subprocess.Popen([sys.executable, "-c", HOLDER, path], stdin=subprocess.PIPE, stdout=subprocess.PIPE) as first:
        assert first.stdout is not None
        first.stdout.readline()
        first.kill()
    with lock.held(path, lambda who: pytest.fail(f"waits for {who}")):
        pass


def test_a_child_that_inherits_it_keeps_it_after_the_parent(tmp_path: Path) -> None:
    path = str(tmp_path / "lock")
    with lock.held(path, lambda who: None) as descriptor:
        orphan = subprocess.Popen(["sleep", "30"], pass_fds=(descriptor,))
    waited = threading.Event()

    def later(holder: str) -> None:
        waited.set()
        orphan.kill()
        orphan.wait()

    with lock.held(path, later):
        assert waited.is_set()


def test_the_lock_is_not_inherited_unasked(tmp_path: Path) -> None:
    path = str(tmp_path / "lock")
    with lock.held(path, lambda who: None) as descriptor:
        assert not os.get_inheritable(descriptor)
        child = subprocess.Popen(["sleep", "30"])
    started = time.monotonic()
    with lock.held(path, lambda who: pytest.fail(f"waits for {who}")):
        assert time.monotonic() - started < 30
    child.kill()
    child.wait()


def test_no_password_of_the_command_line_is_in_the_lock(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Who waits is told what the other one runs."""
    monkeypatch.setattr(sys, "argv", ["mxbuild", "install", "--mirror", "https://me:c4n4ry@host/mirror"])
    with lock.held(str(tmp_path / "lock"), lambda holder: None):
        said = (tmp_path / "lock").read_text()
    assert "mxbuild install --mirror" in said
    assert "c4n4ry" not in said
