"""Every call of every step fails once, in every way: python -m tests.faults.exhaustive DIR, until it says: all of them.

SQLite's loop, N = 1, 2, ... for all calls that there are. After each case the previous environment works, nothing runs,
nothing lies outside, and the same command again ends well. After a kill, and in the steps from the environment on, it
is let go to its end, and what it made is the library that an undisturbed run makes; otherwise (unless `--whole`) as far
as the wheel, which has to be the undisturbed run's to the byte: what comes after is the same then.

What was done is kept in DIR/cases.jsonl, so that pieces of a few minutes add up; the states between the steps are made
once, and copied for each case.
"""

import argparse
import hashlib
import json
import shutil
import sys
import time
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import NamedTuple, get_args

import mxbuild
from tests.execute import pythons
from tests.faults.corner import REACHED, STEPS, Corner, Ended, digest_of
from tests.faults.injection import KINDS, Fault, Kind

TOGETHER = STEPS[: STEPS.index("wheel") + 1]
"""Steps after which the wheel tells all."""


class Case(NamedTuple):
    step: str
    fault: Fault

    @property
    def name(self) -> str:
        return f"{self.step} {self.fault.kind} {self.fault.number}"


@dataclass(frozen=True)
class Known:
    """What an undisturbed run makes."""

    previous: str
    """Name of the environment before."""
    wanted: str
    libraries: Mapping[str, str]
    wheel: str
    """SHA-256."""
    calls: Mapping[str, int] = field(default_factory=dict)
    """Step -> how many there are, from the beginning of the run to the step's end."""


class Survey:
    """The states between the steps, made once, and every case from the one before its step on."""

    def __init__(self, corner: Corner) -> None:
        self.corner = corner
        self.command = corner.install(1)
        self.known = Known("", "", {}, "")

    def prepare(self, place: Path) -> None:
        """What an earlier call of the same code left at `place`; or all of it anew."""
        written = code()
        if place.exists() and (kept := json.loads(place.read_text())).pop("code") == written:
            self.known = Known(**kept)
            return
        for old in place.parent.glob("corner.*"):
            shutil.rmtree(old) if old.is_dir() else old.unlink()
        shutil.rmtree(self.corner.root)
        self.corner = Corner(self.corner.root, self.corner.python)
        self.known = self._run()
        place.write_text(json.dumps({"code": written, **asdict(self.known)}))

    def _run(self) -> Known:
        """The previous environment, then the state before each step, and the number of its calls."""
        corner, calls = self.corner, {}
        assert corner.run(*corner.install(0)).code == 0
        previous = corner.current()
        for step in STEPS:
            with corner.kept(step):
                corner.save()
            ended = corner.run(*self.command, stop=step, count=True)
            assert ended.code == REACHED, ended.said
            calls[step] = ended.calls
        assert corner.run(*self.command).code == 0
        return Known(previous, corner.current(), dict(digest_of(corner)), self.wheel(previous), calls)

    def wheel(self, previous: str) -> str:
        """SHA-256 of the wheel that is not the previous environment's."""
        before = digest(self.corner.prefix, previous)
        found = {hashlib.sha256(path.read_bytes()).hexdigest() for path in self.corner.prefix.rglob("*.whl")} - {before}
        return found.pop() if len(found) == 1 else f"{len(found)} wheels"

    def fails(self, case: Case) -> Ended | None:
        """The run that fails in the case's step; None where it has fewer calls this time."""
        with self.corner.kept(case.step):
            self.corner.restore()
        ended = self.corner.run(*self.command, fault=case.fault, stop=case.step)
        return ended if ended.fault else None

    def holds(self, case: Case, ended: Ended, *, whole: bool) -> None:
        """All that has to hold after it, and after the same command again.

        Raises:
            AssertionError: it does not.
        """
        corner, known = self.corner, self.known
        corner.settled(ended)
        now = corner.current()
        assert now in (known.previous, known.wanted), f"{now} is the current one"
        if case.step in TOGETHER and case.fault.kind != "kill" and not whole:
            again = corner.run(*self.command, stop=TOGETHER[-1])
            assert again.code == REACHED, again.said
            corner.settled(again)
            assert self.wheel(known.previous) == known.wheel, "another wheel"
            return
        again = corner.run(*self.command)
        assert again.code == 0, again.said
        corner.settled(again)
        assert corner.current() == known.wanted
        assert digest_of(corner) == known.libraries, "another library"


def digest(prefix: Path, name: str) -> str:
    """SHA-256 of an environment's wheel, as its receipt has it."""
    return str(json.loads((prefix / "envs" / name / "receipt.json").read_text())["wheel_sha256"])


def code() -> str:
    """Digest of all that what was prepared depends on."""
    total = hashlib.sha256(sys.version.encode())
    for place in (Path(mxbuild.__file__).parent, Path(__file__).parent):
        for path in sorted(p for p in place.rglob("*") if p.is_file() and p.suffix != ".pyc"):
            total.update(path.read_bytes())
    return total.hexdigest()


def cases(calls: Mapping[str, int], steps: Sequence[str], kinds: Sequence[Kind]) -> Iterator[Case]:
    """All of them, each part of them spread over all steps and calls."""
    rows = [(int(f"{number:012b}"[::-1], 2), step, number) for step in steps for number in range(1, calls[step] + 1)]
    for _, step, number in sorted(rows, key=lambda row: (row[0], STEPS.index(row[1]))):
        yield from (Case(step, Fault(kind, number)) for kind in kinds)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("root", type=Path, help="a directory of its own; kept between calls")
    parser.add_argument("--step", choices=STEPS, action="append")
    parser.add_argument("--kind", choices=get_args(Kind), action="append")
    parser.add_argument("--whole", action="store_true", help="the same command goes to its end after every case")
    parser.add_argument("--seconds", type=float, default=200.0, help="end after so many")
    asked = parser.parse_args()
    asked.root.mkdir(parents=True, exist_ok=True)
    began = time.monotonic()
    survey = Survey(Corner(asked.root / "corner", pythons.copying(asked.root / "copying")))
    survey.prepare(asked.root / "survey.json")
    record = asked.root / "cases.jsonl"
    rows = [json.loads(line) for line in record.read_text().splitlines()] if record.exists() else []
    done = {row["case"]: row["why"] for row in rows}
    every = list(cases(survey.known.calls, asked.step or STEPS, asked.kind or KINDS))
    with record.open("a") as file:
        for case in (case for case in every if case.name not in done):
            if time.monotonic() - began > asked.seconds:
                break
            ended, why = survey.fails(case), ""
            try:
                if ended:
                    survey.holds(case, ended, whole=asked.whole)
            except AssertionError as error:
                why = str(error) or "assertion"
                print(f"FAILED {case.name}: {ended}\n{why}", flush=True)
            done[case.name] = why
            row = {"case": case.name, "call": ended.fault if ended else "", "code": ended and ended.code, "why": why}
            file.write(json.dumps(row) + "\n")
            file.flush()
    counts = Counter(case.step for case in every if case.name in done)
    bad = [case.name for case in every if done.get(case.name)]
    for step in asked.step or STEPS:
        print(f"{step:12} {counts[step]:4} of {sum(case.step == step for case in every):4} cases")
    left = sum(case.name not in done for case in every)
    print(f"{left} left" if left else "all of them", f"{len(bad)} did not hold", *bad, sep="; ")
    sys.exit(bool(bad))


if __name__ == "__main__":
    main()
