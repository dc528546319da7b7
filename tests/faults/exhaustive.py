"""Every call of every step fails once, in every way: python -m tests.faults.exhaustive --help.

After each: the previous environment works, nothing runs, nothing lies outside, the same command again ends well, and
what it made verifies and is the library that an undisturbed run makes. SQLite's loop: N = 1, 2, ... until none is left.
"""

import argparse
import shutil
import sys
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple, get_args

from tests.execute import pythons
from tests.faults.corner import REACHED, STEPS, Corner, Ended, digest_of
from tests.faults.injection import KINDS, Fault, Kind


class Case(NamedTuple):
    step: str
    fault: Fault


class Survey:
    """The states between the steps, made once, and every case from the one before its step on."""

    def __init__(self, corner: Corner, steps: Sequence[str] = STEPS, *options: str) -> None:
        self.corner = corner
        self.steps = tuple(steps)
        self.command = (*corner.install(1), *options)
        self.previous = self.wanted = ""
        self.libraries: dict[str, str] = {}

    def prepare(self) -> None:
        """The previous environment, then the state before each step, then the names of all."""
        corner = self.corner
        assert corner.run(*corner.install(0)).code == 0
        self.previous = corner.current()
        for step in self.steps:
            with corner.kept(step):
                corner.save()
            ended = corner.run(*self.command, stop=step)
            assert ended.code == REACHED, ended.said
        self.finish()

    def finish(self) -> None:
        """What an undisturbed run makes."""
        ended = self.corner.run(*self.command)
        assert ended.code == 0, ended.said
        self.wanted = self.corner.current()
        self.libraries = dict(digest_of(self.corner))

    def fails(self, case: Case) -> Ended | None:
        """The run that fails in the case's step; None where the step has fewer calls."""
        corner = self.corner
        with corner.kept(case.step):
            corner.restore()
        ended = corner.run(*self.command, fault=case.fault, stop=case.step)
        return ended if ended.fault else None

    def holds(self, ended: Ended) -> None:
        """All that has to hold after it, and after the same command again.

        Raises:
            AssertionError: it does not.
        """
        corner = self.corner
        corner.settled(ended)
        now = corner.current()
        assert now in (self.previous, self.wanted), f"{now} is the current one"
        again = corner.run(*self.command)
        assert again.code == 0, again.said
        corner.settled(again)
        assert corner.current() == self.wanted
        assert digest_of(corner) == self.libraries, "another library"
        checked = corner.run("verify")
        assert checked.code == 0, checked.said


def cases(step: str, kinds: Sequence[Kind], first: int, stride: int) -> Iterator[list[Case]]:
    """For each number, the case of every kind."""
    number = first
    while True:
        yield [Case(step, Fault(kind, number)) for kind in kinds]
        number += stride


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("root", type=Path, help="a directory of its own; kept between calls")
    parser.add_argument("--step", choices=STEPS, action="append")
    parser.add_argument("--kind", choices=get_args(Kind), action="append")
    parser.add_argument("--first", type=int, default=1)
    parser.add_argument("--stride", type=int, default=1)
    parser.add_argument("--seconds", type=float, default=200.0, help="end after so many, and say where to go on")
    asked = parser.parse_args()
    asked.root.mkdir(parents=True, exist_ok=True)
    for old in asked.root.glob("corner*"):
        shutil.rmtree(old) if old.is_dir() else old.unlink()
    survey = Survey(Corner(asked.root / "corner", pythons.copying(asked.root / "copying")))
    survey.prepare()
    began, counts, bad = time.monotonic(), Counter[str](), 0
    for step in asked.step or STEPS:
        for row in cases(step, asked.kind or KINDS, asked.first, asked.stride):
            if time.monotonic() - began > asked.seconds:
                print(f"go on with --step {step} --first {row[0].fault.number}")
                print(dict(counts), f"{bad} did not hold")
                sys.exit(bad > 0)
            runs = [(case, survey.fails(case)) for case in row[:1]]
            if runs[0][1] is None:
                break
            for case in row:
                ended = runs[0][1] if case is row[0] else survey.fails(case)
                if ended is None:
                    continue
                counts[f"{step} {case.fault.kind}"] += 1
                try:
                    survey.holds(ended)
                except AssertionError as error:
                    bad += 1
                    print(f"FAILED {step}: {case.fault}: {ended.fault}: ended with {ended.code}\n{error}", flush=True)
    print(dict(counts), f"{bad} did not hold, {time.monotonic() - began:.0f} s")
    sys.exit(bad > 0)


if __name__ == "__main__":
    main()
