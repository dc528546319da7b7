"""Servers that tests start on this machine, each on a free port of the loopback, and end."""

import shutil
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
