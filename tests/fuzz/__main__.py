"""The long run: `python -m tests.fuzz --cases 1000000 --seconds 200 [NAME ...]`, a table of what was tried.

`--counts FILE` adds to what earlier calls tried, and goes on with what lacks cases, the cheapest first, until all calls
together gave each target its cases; --seconds are then those of the whole call. `--guided NAME` lets atheris choose the
cases by what they reach, where it is installed. `--repeated` makes them of parts of the seeds, over and over.
"""

import argparse
import json
import math
import random
import sys
import time
import traceback
from pathlib import Path
from typing import Any

from tests.fuzz.mutate import repeated
from tests.fuzz.run import TARGETS, attempt, run
from tests.fuzz.target import Target


def main() -> int:
    parser = argparse.ArgumentParser(
        prog="python -m tests.fuzz", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("names", nargs="*", help="beginnings of targets' names; none: all")
    parser.add_argument("--cases", type=int, default=1_000_000, help="of each target")
    parser.add_argument("--seconds", type=float, default=30.0, help="of CPU for each target")
    parser.add_argument("--seed", type=int, default=time.time_ns() % 10**6)
    parser.add_argument("--counts", type=Path, metavar="FILE", help="keep count in a file, over many calls")
    parser.add_argument("--guided", action="store_true", help="by atheris; one target, and what follows -- is its")
    parser.add_argument("--repeated", action="store_true", help="no mutations, but parts of the seeds over and over")
    asked, rest = parser.parse_known_args()
    chosen = [t for t in TARGETS if not asked.names or t.name.startswith(tuple(asked.names))]
    if asked.repeated:
        return sum(not held(target, asked.seed) for target in chosen) and 1
    if asked.guided:
        guided(chosen[0], rest)
    print(f"seed {asked.seed}")
    if asked.counts:
        return counted(chosen, asked.counts, asked.cases, asked.seconds, asked.seed)
    return sum(tried(target, asked.cases, asked.seconds, asked.seed) is None for target in chosen) and 1


def tried(target: Target, cases: int, seconds: float, seed: int) -> dict[str, Any] | None:
    """What came of it; None where a case failed, which is said."""
    began = time.process_time()
    try:
        done = run(target, cases=cases, seconds=seconds, seed=seed)
    except AssertionError as failure:
        print(f"FAILED {failure}")
        traceback.print_exception(failure.__cause__, limit=-4, file=sys.stdout)
        return None
    took = time.process_time() - began
    print(f"{target.name:50} {done.cases:>9,} cases, {done.refused:>9,} refused, slowest {done.slowest:.3f} s, "
          f"{took:.0f} s", flush=True)  # fmt: skip
    return {"cases": done.cases, "refused": done.refused, "slowest": done.slowest, "seconds": took}


def held(target: Target, seed: int) -> bool:
    """Whether it takes its time also where a part of it stands there over and over."""
    slowest, right = (0.0, b""), True
    for case in repeated(target.seeds, random.Random(seed)):
        began = time.process_time()
        try:
            attempt(target, case)
        except AssertionError as failure:
            print(f"FAILED {failure}", flush=True)
            right = False
        slowest = max(slowest, (time.process_time() - began, case[:40]))
    print(f"{target.name:50} slowest {slowest[0]:.3f} s: {slowest[1]!r}", flush=True)
    return right


def counted(chosen: list[Target], file: Path, cases: int, seconds: float, seed: int) -> int:
    """Go on with what lacks cases; the time of a target that was not tried yet is found out with a hundred."""
    counts: dict[str, dict[str, Any]] = json.loads(file.read_text()) if file.exists() else {}
    end, failed = time.process_time() + seconds, 0

    def add(target: Target, at_most: int) -> None:
        nonlocal failed
        done = tried(target, at_most, end - time.process_time(), seed)
        failed += done is None
        one = counts.setdefault(target.name, {"cases": 0, "refused": 0, "slowest": 0.0, "seconds": 0.0, "failed": 0})
        if done is None:
            one["failed"] += 1
        else:
            one |= {name: one[name] + done[name] for name in ("cases", "refused", "seconds")}
            one["slowest"] = max(one["slowest"], done["slowest"])
        file.write_text(json.dumps(counts, indent=1))

    def left(target: Target) -> float:
        one = counts.get(target.name)
        return (cases - one["cases"]) * one["seconds"] / max(1, one["cases"]) if one else math.inf

    for target in chosen:
        if target.name not in counts and time.process_time() < end:
            add(target, 100)
    for target in sorted(chosen, key=left):
        lacking = cases - counts.get(target.name, {"cases": 0})["cases"]
        if lacking > 0 and time.process_time() < end:
            add(target, lacking)
    whole = [name for name, one in counts.items() if one["cases"] >= cases]
    print(f"{len(whole)} of {len(TARGETS)} targets have {cases:,} cases; {sum(o['cases'] for o in counts.values()):,} "
          f"in all; {sum(o['failed'] for o in counts.values())} failed")  # fmt: skip
    return min(failed, 1)


def guided(target: Target, rest: list[str]) -> None:
    """Does not come back: atheris ends the process."""
    import atheris  # type: ignore[import-not-found]

    atheris.instrument_all()
    atheris.Setup([sys.argv[0], *rest], lambda data: attempt(target, data))
    atheris.Fuzz()


if __name__ == "__main__":
    sys.exit(main())
