"""Servers that tests start on this machine, each on a free port of the loopback, and end."""

import os
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def answers(port: int, host: str = "127.0.0.1") -> bool:
    with socket.socket() as probe:
        probe.settimeout(1)
        return probe.connect_ex((host, port)) == 0


@contextmanager
def ended(child: "subprocess.Popen[bytes]") -> Iterator[None]:
    """Nothing of it outlives the block."""
    try:
        yield
    finally:
        child.terminate()
        try:
            child.wait(5)
        except subprocess.TimeoutExpired:
            child.kill()
            child.wait()


@contextmanager
def redis(directory: Path, *, password: str = "") -> Iterator[int]:
    """A redis-server that keeps nothing; its port."""
    program = shutil.which("redis-server")
    if program is None:
        pytest.skip("redis-server is not installed: apt-get install redis-server")
    port = free_port()
    words = [program, "--port", str(port), "--bind", "127.0.0.1", "--save", "", "--dir", str(directory)]
    words += ["--requirepass", password] if password else []
    child = subprocess.Popen(words, stdout=subprocess.DEVNULL)
    with ended(child):
        deadline = time.monotonic() + 10
        while not answers(port):
            assert child.poll() is None, "redis-server ended"
            assert time.monotonic() < deadline
            time.sleep(0.02)
        yield port


@contextmanager
def distccd(directory: Path, *, slots: int = 2, allow: str = "127.0.0.1") -> Iterator[int]:
    """A distccd for this machine alone; its port. What it did is in `distccd.log` in the directory."""
    program = shutil.which("distccd")
    if program is None:
        pytest.skip("distccd is not installed: apt-get install distcc")
    directory.mkdir(parents=True, exist_ok=True)
    port = free_port()
    words = [program, "--no-detach", "--daemon", "--allow", allow, "--listen", "127.0.0.1", "--port", str(port)]
    words += ["--jobs", str(slots), "--log-stderr", "--log-level", "info"]
    environ = {"PATH": "/usr/local/bin:/usr/bin:/bin", "TMPDIR": "/tmp", "LC_ALL": "C.UTF-8"}
    with (directory / "distccd.log").open("wb") as log:
        child = subprocess.Popen(words, stdout=log, stderr=log, env=environ, start_new_session=True)
    try:
        deadline = time.monotonic() + 10
        while not answers(port):
            assert child.poll() is None, (directory / "distccd.log").read_text()
            assert time.monotonic() < deadline
            time.sleep(0.02)
        yield port
    finally:
        # It has started children of its own, which outlive it otherwise.
        os.killpg(child.pid, signal.SIGTERM)
        child.wait(5)


def compiled(directory: Path) -> int:
    """How many compiles a distccd has done well."""
    return (directory / "distccd.log").read_text().count("COMPILE_OK")
