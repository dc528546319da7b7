"""`mxbuild workers check`, as it is called: with the real distccd, in a process of its own."""

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from mxbuild.execute import workercheck
from mxbuild.model import WorkerCheck
from mxbuild.resolve.workers import parse
from mxbuild.ui import workers
from tests.project import compiler
from tests.servers import distccd, free_port

needs_distcc = pytest.mark.skipif(not shutil.which("distcc"), reason="distcc is not installed: apt-get install distcc")


@needs_distcc
def test_one_good_and_one_bad_worker(
    mxbuild: Callable[..., Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With something to compile that takes no time; what is compiled otherwise, tests of the check itself compile."""
    monkeypatch.setattr(workercheck, "SOURCE", "int count() { return 1; }\n")
    empty = free_port()
    with distccd(tmp_path / "distccd") as port:
        asked = f"tcp://127.0.0.1:{port}/2,tcp://127.0.0.1:{empty}/4"
        done = mxbuild("workers", "check", "mini", "--json", env={"MXBUILD_WORKERS": asked})
    assert done.returncode == 4
    decoder = json.JSONDecoder()
    rows, end = decoder.raw_decode(done.stdout)
    assert [(row["worker"]["slots"], row["ok"], row["same"]) for row in rows] == [(2, True, True), (4, False, False)]
    last = json.loads(done.stdout[end:])
    assert last["error"]["message"] == "1 of 2 workers cannot be used"
    assert last["error"]["complaints"][0]["text"].endswith(f"no distccd listens on 127.0.0.1:{empty}")


def test_what_is_no_worker_is_a_wrong_command_line(mxbuild: Callable[..., Any]) -> None:
    assert mxbuild("workers", "check").returncode == 2
    done = mxbuild("workers", "check", "--workers", "build1")
    assert done.returncode == 2
    assert "how many compilers" in done.stderr


def test_the_screen() -> None:
    good, bad = parse("build1/8,tcp://10.0.0.7/16")
    rows = [
        WorkerCheck(worker=good, ok=True, compiler="GCC: (Debian 12.2.0-14) 12.2.0, x64", same=True, speed=0.87),
        WorkerCheck(worker=bad, ok=False, cause="no distccd listens on 10.0.0.7:3632", remedy="there: ..."),
    ]
    assert workers.render(rows, compiler("/usr/bin/g++")) == (
        "/usr/bin/g++ 12; one file, compiled here, and asked of each\n\n"
        "     worker               slots  object    speed  compiler\n"
        "  ✓  build1               8      the same  0.87   GCC: (Debian 12.2.0-14) 12.2.0, x64\n"
        "  ✗  tcp://10.0.0.7:3632  16     none\n\n"
        "8 slots on 1 worker that can be used\n"
        "tcp://10.0.0.7:3632: over plain TCP whoever reaches the port runs any command there, and reads and\n"
        "changes what is sent\n"
    )
