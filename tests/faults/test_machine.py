"""Installs, kills, full disks, damage, repairs, rollbacks, removals, in any order: `current` is absent or verifies.

Longer by hand: MXBUILD_TESTS_EXAMPLES=50 pytest -n0 tests/faults/test_machine.py
"""

import os
import random
import shutil
import signal
from pathlib import Path
from typing import ClassVar

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule, run_state_machine_as_test

from mxbuild.environments import installed
from mxbuild.execute import contents
from tests.faults.corner import Corner
from tests.faults.injection import Fault

BUILDS = (0, 1)
EXAMPLES = int(os.environ.get("MXBUILD_TESTS_EXAMPLES", "0"))
DONE, GONE, WRONG = 0, 2, 8


class Life(RuleBasedStateMachine):
    """One corner from its beginning; what mxbuild says of it is held against what is known of it."""

    corner: ClassVar[Corner]

    def __init__(self) -> None:
        super().__init__()
        self.corner.restore()
        self.damaged: set[str] = set()
        """Names of environments that were damaged and not put right since."""

    @property
    def there(self) -> list[str]:
        return [one.name for one in installed(str(self.corner.prefix))]

    def run(self, *words: str, fault: Fault | None = None) -> int:
        ended = self.corner.run(*words, fault=fault)
        self.corner.settled(ended)
        return ended.code

    def install(self, loud: int) -> tuple[str, ...]:
        return (*self.corner.install(loud), "--store", str(self.corner.root / "shop" / "store"))

    @rule(loud=st.sampled_from(BUILDS))
    def installs(self, loud: int) -> None:
        assert self.run(*self.install(loud)) == DONE
        self.damaged.discard(self.now)

    @rule(loud=st.sampled_from(BUILDS), kind=st.sampled_from(["kill", "ENOSPC", "EIO"]), number=st.integers(1, 150))
    def installs_and_fails(self, loud: int, kind: str, number: int) -> None:
        self.run(*self.install(loud), fault=Fault(kind, number))  # type: ignore[arg-type]
        self.damaged &= set(self.there)

    @precondition(lambda self: self.there)
    @rule(seed=st.integers(0, 99))
    def damages(self, seed: int) -> None:
        """A file of some package loses its end, as a bad disk has it."""
        name = random.Random(seed).choice(self.there)
        (place,) = contents.places(f"{self.corner.prefix}/envs/{name}")
        victim = Path(place, random.Random(seed).choice(["mxnet/libmxnet.so", "alpha/__init__.py"]))
        if victim.exists():
            content = victim.read_bytes()
            victim.unlink()  # what was saved shares its files
            victim.write_bytes(content[:-1])
            self.damaged.add(name)

    @precondition(lambda self: self.now)
    @rule()
    def verifies(self) -> None:
        assert self.run("verify") == (WRONG if self.now in self.damaged else DONE)

    @precondition(lambda self: self.now in self.damaged and (self.corner.prefix / "wheels").exists())
    @rule()
    def repairs(self) -> None:
        assert self.run("verify", "--repair") == DONE
        self.damaged.discard(self.now)

    @rule()
    def goes_back(self) -> None:
        before = self.now
        code = self.run("rollback")
        assert code in (DONE, GONE, WRONG)
        assert (self.now != before) == (code == DONE)
        assert code != DONE or self.now not in self.damaged

    @precondition(lambda self: self.there)
    @rule(seed=st.integers(0, 9), killed=st.booleans(), number=st.integers(1, 40))
    def uninstalls(self, seed: int, killed: bool, number: int) -> None:
        name = random.Random(seed).choice(self.there)
        code = self.run("uninstall", name, "--yes", fault=Fault("kill", number) if killed else None)
        assert code in (DONE, -signal.SIGKILL)
        self.damaged &= set(self.there)

    @rule(everything=st.booleans(), killed=st.booleans(), number=st.integers(1, 60))
    def collects(self, everything: bool, killed: bool, number: int) -> None:
        before = (self.there, self.now)
        words = ("gc", "--yes", *(["--all"] if everything else []))
        assert self.run(*words, fault=Fault("kill", number) if killed else None) in (DONE, -signal.SIGKILL)
        assert (self.there, self.now) == before

    @property
    def now(self) -> str:
        """Name of the current environment; "" where none is."""
        return next((one.name for one in installed(str(self.corner.prefix)) if one.current), "")

    @invariant()
    def current_is_absent_or_verifies(self) -> None:
        if self.now in self.damaged and self.now:
            return  # by no fault of mxbuild's: `verifies` sees to it that it says so
        self.corner.current()


def test_current_is_absent_or_verifies(tmp_path_factory: pytest.TempPathFactory, copying: str) -> None:
    corner = Corner(tmp_path_factory.mktemp("machine") / "corner", copying)
    store = str(corner.root / "shop" / "store")
    for loud in BUILDS:
        for words in (corner.install(loud), ("push", "--store", store)):
            ended = corner.run(*words)
            assert ended.code == 0, ended.said
    for name in ("prefix", "cache", "state"):
        shutil.rmtree(corner.root / name)
    corner.save()
    Life.corner = corner
    run_state_machine_as_test(  # type: ignore[no-untyped-call]
        Life,
        settings=settings(
            max_examples=EXAMPLES or 3,
            stateful_step_count=20 if EXAMPLES else 7,
            deadline=None,
            derandomize=not EXAMPLES,
            database=None,
            phases=[Phase.generate, Phase.shrink] if EXAMPLES else [Phase.generate],
            suppress_health_check=list(HealthCheck),
        ),
    )
