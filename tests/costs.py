"""What the objects of a release cost, from the ledgers of its builds here: `python -m tests.costs mxnet-1.0.0 WHAT`.

Writes recipes/RELEASE.costs, which tells a first build elsewhere how its objects compare. What came out of a cache
cost nothing and is left out, so the builds have to be cold ones.
"""

import argparse
import os
from pathlib import Path

from mxbuild.compile import ledger
from mxbuild.locations import locations

HERE = Path(__file__).parents[1]
HEAD = """\
# What each object of {name} costs, from the ledgers of its builds: [CPU seconds, MiB at the peak].
# {what}. Another machine's pace differs; how the objects compare differs little.
"""


def rows(release: str) -> dict[str, tuple[float, int]]:
    """Object below the tree -> CPU seconds and MiB, the most that any build took."""
    where, found = locations(os.environ), dict[str, tuple[float, int]]()
    for file in Path(where.state, "builds").glob(f"{release}-*/ledger.jsonl"):
        tree = os.path.realpath(f"{where.cache}/trees/{file.parent.name}")
        for name, entry in ledger.read(str(file)).finished.items():
            short = name.removeprefix(f"{tree}/")
            if entry.code == 0 and entry.memory > 64 << 20:  # ccache itself takes less
                seconds, memory = found.get(short, (0.0, 0))
                found[short] = max(seconds, round(entry.cpu, 1)), max(memory, entry.memory >> 20)
    return found


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("release")
    options.add_argument("what", help='with what they were built: "g++ 12.2, -O3, x86_64, OpenCV 4.6, LAPACK"')
    given = options.parse_args()
    found = rows(given.release)
    if not found:
        raise SystemExit(f"no build of {given.release} is recorded here")
    head = HEAD.format(name=given.release.replace("mxnet-", "MXNet "), what=given.what)
    lines = (f'"{name}" = [{seconds}, {memory}]\n' for name, (seconds, memory) in sorted(found.items()))
    (HERE / f"recipes/{given.release}.costs").write_text(head + "".join(lines))


if __name__ == "__main__":
    main()
