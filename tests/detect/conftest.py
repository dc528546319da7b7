from functools import partial
from pathlib import Path

import pytest

from tests.detect.machine import Build, machine


@pytest.fixture
def build(tmp_path: Path) -> Build:
    """Makes the test's machine: build(files, programs=..., links=..., answers=..., environ=...)."""
    return partial(machine, tmp_path)
