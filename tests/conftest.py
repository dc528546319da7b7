"""For all tests."""

import os
import signal
import tempfile
from pathlib import Path

import pytest

MEMORY = "/dev/shm"
ROOM = 4 << 30
"""Bytes free of it; the tests had at most half a GB in it at a time."""


def pytest_configure() -> None:
    _write_to_memory()
    _as_in_the_foreground()


def _write_to_memory() -> None:
    """Have temporary files there where it is large and programs in it run: a sixth less time than on a disk."""
    if "TMPDIR" in os.environ or not os.access(MEMORY, os.W_OK):
        return
    there = os.statvfs(MEMORY)
    if there.f_bavail * there.f_frsize >= ROOM and not there.f_flag & os.ST_NOEXEC:
        os.environ["TMPDIR"] = tempfile.tempdir = MEMORY


def _as_in_the_foreground() -> None:
    """Let Ctrl-C reach what the tests start: a shell's background job ignores it, and children inherit that."""
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)
    # What is said to a CI service is tested by tests that pretend to run in one.
    for name in [name for name in os.environ if name.startswith("GITHUB_")]:
        del os.environ[name]


@pytest.fixture(scope="session")
def together(tmp_path_factory: pytest.TempPathFactory, worker_id: str) -> Path:
    """One directory for all workers: what is dear is made once."""
    base = tmp_path_factory.getbasetemp()
    return base if worker_id == "master" else base.parent


@pytest.fixture(scope="session")
def copying(together: Path) -> str:
    """An interpreter whose `-m venv` takes a tenth of a second."""
    from tests.execute import pythons

    return pythons.copying(together / "copying")
