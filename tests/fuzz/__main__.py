"""The long run: `python -m tests.fuzz --cases 1000000 --seconds 200 [NAME ...]`, a table of what was tried.

`--guided NAME` lets atheris choose the cases by what they reach, where it is installed.
"""

import argparse
import sys
import time
import traceback

from tests.fuzz.run import TARGETS, attempt, run
from tests.fuzz.target import Target


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz", description=__doc__)
    parser.add_argument("names", nargs="*", help="beginnings of targets' names; none: all")
    parser.add_argument("--cases", type=int, default=1_000_000, help="of each target")
    parser.add_argument("--seconds", type=float, default=30.0, help="of CPU for each target")
    parser.add_argument("--seed", type=int, default=time.time_ns() % 10**6)
    parser.add_argument("--guided", action="store_true", help="by atheris; one target, and what follows -- is its")
    asked, rest = parser.parse_known_args()
    chosen = [t for t in TARGETS if not asked.names or t.name.startswith(tuple(asked.names))]
    if asked.guided:
        guided(chosen[0], rest)
    failures = 0
    print(f"seed {asked.seed}")
    for target in chosen:
        began = time.process_time()
        try:
            done = run(target, cases=asked.cases, seconds=asked.seconds, seed=asked.seed)
        except AssertionError as failure:
            failures += 1
            print(f"FAILED {failure}")
            traceback.print_exception(failure.__cause__, limit=-4, file=sys.stdout)
            continue
        took = time.process_time() - began
        print(f"{target.name:50} {done.cases:>9,} cases, {done.refused:>9,} refused, slowest {done.slowest:.3f} s, "
              f"{took:.0f} s", flush=True)  # fmt: skip
    return min(failures, 1)


def guided(target: Target, rest: list[str]) -> None:
    """Does not come back: atheris ends the process."""
    import atheris  # type: ignore[import-not-found]

    atheris.instrument_all()
    atheris.Setup([sys.argv[0], *rest], lambda data: attempt(target, data))
    atheris.Fuzz()


if __name__ == "__main__":
    sys.exit(main())
