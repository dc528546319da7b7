"""The state machine for as long as one likes: python -m tests.faults.machine DIR --seconds 200, again and again.

What failed is kept in DIR/examples, and tried first the next time; what was done, in DIR/lives.jsonl.
"""

import argparse
import json
import shutil
import sys
import time
from contextlib import suppress
from pathlib import Path

from hypothesis import HealthCheck, Phase, settings
from hypothesis.database import DirectoryBasedExampleDatabase
from hypothesis.errors import FlakyStrategyDefinition
from hypothesis.stateful import run_state_machine_as_test

from tests.execute import pythons
from tests.faults.life import Life, OverError, World


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("root", type=Path, help="a directory of its own; kept between calls")
    parser.add_argument("--seconds", type=float, default=200.0, help="begin no other life after so many")
    parser.add_argument("--steps", type=int, default=20, help="of a life, at most")
    parser.add_argument("--shrink", action="store_true", help="look for the shortest way to a failure; takes long")
    asked = parser.parse_args()
    asked.root.mkdir(parents=True, exist_ok=True)
    for old in asked.root.glob("corner*"):
        shutil.rmtree(old) if old.is_dir() else old.unlink()
    began = time.monotonic()
    Life.world = World(asked.root / "corner", pythons.copying(asked.root / "copying"))
    Life.world.prepare()
    Life.until = began + asked.seconds
    chosen = settings(
        max_examples=1_000_000,
        stateful_step_count=asked.steps,
        deadline=None,
        database=DirectoryBasedExampleDatabase(asked.root / "examples"),
        phases=[Phase.reuse, Phase.generate, *([Phase.shrink] if asked.shrink else [])],
        suppress_health_check=list(HealthCheck),
        print_blob=True,
    )
    failed = ""
    try:
        while time.monotonic() < Life.until:
            # A kill that hits another call this time: Hypothesis has it that a life is the same twice, and ends there.
            with suppress(OverError, FlakyStrategyDefinition):
                run_state_machine_as_test(Life, settings=chosen)  # type: ignore[no-untyped-call]
    except BaseException as error:
        failed = f"{type(error).__name__}: {error}"[:2000]
        raise
    finally:
        seconds = {name: round(value, 1) for name, value in Life.seconds.most_common()}
        row = {"seconds": round(time.monotonic() - began), "lives": Life.lives, "steps": dict(Life.steps.most_common()),
               "took": seconds, "failed": failed}  # fmt: skip
        with (asked.root / "lives.jsonl").open("a") as file:
            file.write(json.dumps(row) + "\n")
    rows = [json.loads(line) for line in (asked.root / "lives.jsonl").read_text().splitlines()]
    lives, steps, minutes = (
        sum(row["lives"] for row in rows), sum(sum(row["steps"].values()) for row in rows),
        sum(row["seconds"] for row in rows) / 60,
    )  # fmt: skip
    print(json.dumps(row))
    print(f"in all {lives} lives, {steps} steps, {minutes:.0f} min, {sum(bool(row['failed']) for row in rows)} failed")
    sys.exit(bool(failed))


if __name__ == "__main__":
    main()
