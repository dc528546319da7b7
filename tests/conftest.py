"""For all tests."""

import signal
from pathlib import Path

import pytest


def pytest_configure() -> None:
    """Let Ctrl-C reach what the tests start: a shell's background job ignores it, and children inherit that."""
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)


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
