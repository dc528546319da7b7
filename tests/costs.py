"""What the objects of a release cost, from the ledgers of its builds here: `python -m tests.costs mxnet-1.0.0 WHAT`.

Writes recipes/RELEASE.costs, which tells a first build elsewhere how its objects compare. What came out of a cache
cost nothing and is left out, so the builds have to be cold ones.
"""

import argparse
import os
from pathlib import Path

from mxbuild.compile import costs, ledger
from mxbuild.compile.costs import Cost
from mxbuild.locations import locations

HERE = Path(__file__).parents[1]
HEAD = """\
# What each object of {name} costs, from the ledgers of its builds: [CPU seconds, MiB at the peak, and where it
# collected no garbage]; 0: not known.
# {what}.
# Another machine's pace differs; how the objects compare differs little.
"""


def rows(release: str) -> dict[str, Cost]:
    """Object below the tree -> the most that any build took."""
    where = locations(os.environ)
    files = Path(where.state, "builds").glob(f"{release}-*/ledger.jsonl")
    # What tests.prove compiled lies in the same tree, and is recorded apart.
    trees = {file: file.parent.name.removesuffix("-proof") for file in files}
    found: dict[str, Cost] = {}
    for file, name in trees.items():
        tree = os.path.realpath(f"{where.cache}/trees/{name}")
        for short, cost in costs.recorded({tree: ledger.read(str(file))}).items():
            found[short] = Cost(*map(max, cost, found.get(short, Cost())))
    return {name: cost for name, cost in found.items() if cost.memory or cost.roomy}


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("release")
    options.add_argument("what", help='with what they were built: "g++ 12.2, -O3, x86_64, OpenCV 4.6, LAPACK"')
    given = options.parse_args()
    found = rows(given.release)
    if not found:
        raise SystemExit(f"no build of {given.release} is recorded here")
    head = HEAD.format(name=given.release.replace("mxnet-", "MXNet "), what=given.what)
    lines = (f'"{n}" = [{c.seconds:.1f}, {c.memory >> 20}, {c.roomy >> 20}]\n' for n, c in sorted(found.items()))
    (HERE / f"recipes/{given.release}.costs").write_text(head + "".join(lines))


if __name__ == "__main__":
    main()
