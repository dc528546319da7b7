"""Some objects of a release compiled by hand and by mxbuild, in pairs: a slice of a cold build, or a starved one.

    python -m tests.bench.slice mxnet-0.12.1 --every 5 --pairs 2 [--jobs 2]
    python -m tests.bench.slice mxnet-0.12.1 --heaviest 8 --jobs 8 --pairs 1     # in a control group of 4 GB

By hand is `make -k -jN` with the compilers themselves; mxbuild goes through launcher, ccache (nothing of what it has is
taken, what is made is kept) and gate, the heaviest first. The objects of both are compared, byte for byte.
"""

import argparse
import hashlib
import os
import subprocess
import sys
from pathlib import Path

from mxbuild.compile import costs
from mxbuild.model import Request
from tests.bench.measure import Case, Spent, measured, show
from tests.prove import Workplace, fetched, placed


def by_cost(place: Workplace) -> list[str]:
    """MXNet's own objects, the heaviest first, as names below the tree."""
    known = costs.earlier(place.step.ledger, place.tree)
    _, own = place.objects(place.assignments(place.launchers))
    short = [os.path.relpath(name, place.tree) for name in own]
    return sorted((n for n in short if n in known), key=lambda name: -known[name].seconds)


def by_hand(place: Workplace, goals: list[str]) -> None:
    words = ["-k", f"-j{place.step.jobs}", *sorted(goals), *place.assignments(place.step.compiler)]
    subprocess.run(
        [place.step.make, "-C", place.tree, *words],
        env=place.environment, check=False,
        stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip


def made(place: Workplace, goals: list[str]) -> dict[str, str]:
    """Object -> its hash, of those that are there."""
    found = [name for name in goals if Path(place.tree, name).exists()]
    return {name: hashlib.sha256(Path(place.tree, name).read_bytes()).hexdigest() for name in found}


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("recipe")
    parser.add_argument("--every", type=int, default=5, help="one object of so many, by cost (%(default)s)")
    parser.add_argument("--heaviest", type=int, help="so many of the heaviest in place of those")
    parser.add_argument("--pairs", type=int, default=2)
    parser.add_argument("--jobs", type=int, default=len(os.sched_getaffinity(0)))
    parser.add_argument("--mirror", default=os.environ.get("MXBUILD_MIRROR"))
    options = parser.parse_args()
    asked = Request(recipe=options.recipe, device="cpu", mirror=options.mirror, jobs=options.jobs, apt=False)
    place = placed(fetched(asked))
    ordered = by_cost(place)
    goals = ordered[: options.heaviest] if options.heaviest else ordered[:: options.every]
    assignments = place.assignments(place.launchers)
    case = Case("slice", f"make -j{options.jobs}", "launcher, ccache, gate")
    for pair in range(options.pairs):
        spent, objects = dict[str, Spent](), dict[str, dict[str, str]]()
        for name in ("hand", "ours") if pair % 2 == 0 else ("ours", "hand"):
            for goal in goals:
                Path(place.tree, goal).unlink(missing_ok=True)
            if name == "hand":
                spent[name] = measured(lambda: by_hand(place, goals))
            else:
                spent[name] = measured(lambda: place.gated_make("-k", *goals, *assignments, CCACHE_RECACHE="1"))
            objects[name] = made(place, goals)
        case.add(spent["hand"], spent["ours"])
        same = sum(objects["hand"].get(name) == digest for name, digest in objects["ours"].items())
        case.notes.append(
            f"of {len(goals)} objects by hand {len(objects['hand'])}, mxbuild {len(objects['ours'])}; {same} the same"
        )
    show([case])
    return 0


if __name__ == "__main__":
    sys.exit(main())
