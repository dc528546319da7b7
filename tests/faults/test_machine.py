"""The state machine of tests/faults/life.py, for some seconds: always the same lives.

For as long as one likes, with others each time: python -m tests.faults.machine DIR --seconds 200
"""

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis.stateful import run_state_machine_as_test

from tests.faults.life import Life, World


def test_current_is_absent_or_verifies(tmp_path_factory: pytest.TempPathFactory, copying: str) -> None:
    Life.world = World(tmp_path_factory.mktemp("machine") / "corner", copying)
    Life.world.prepare()
    run_state_machine_as_test(  # type: ignore[no-untyped-call]
        Life,
        settings=settings(
            max_examples=3,
            stateful_step_count=7,
            deadline=None,
            derandomize=True,
            database=None,
            phases=[Phase.generate],
            suppress_health_check=list(HealthCheck),
        ),
    )
