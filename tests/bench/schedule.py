"""How long a build would take with more cores, from what its objects cost.

    python -m tests.bench.schedule [RECIPE | LEDGER] [--cores 8,16,...] [--client 8] [--serial 5.4] [--prepare 0.6]

What an object costs is CPU seconds: of the costs that came with a recipe, or of a ledger. For each number of cores the
makespan in make's own order, with the heaviest first (mxbuild's), and the least that any order could take. First on one
machine, then on workers behind one machine of --client cores, which preprocesses each file for ccache and for distcc.
The link comes after all, and is serial. Cores are taken to be equally fast, and the network to cost nothing.
"""

import argparse
import heapq
import os
import sys
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from mxbuild.compile import costs, ledger
from mxbuild.compile.estimate import played

CORES = (8, 16, 32, 64, 128, 256)


class Row(NamedTuple):
    """Seconds, with the serial part."""

    cores: int
    make: float
    heaviest: float
    bound: float


def makes_order(names: Sequence[str]) -> list[str]:
    """MXNet's Makefile lists `$(wildcard src/*/*/*/*.cc src/*/*/*.cc src/*/*.cc src/*.cc)`: the deepest first."""
    return sorted(names, key=lambda name: (not name.startswith("build/"), -name.count("/"), name))


def heaviest_first(seconds: Mapping[str, float]) -> list[str]:
    return sorted(seconds, key=lambda name: -seconds[name])


def fleet(seconds: Mapping[str, float], order: Sequence[str], *, slots: int, client: int, prepare: float) -> float:
    """The makespan on workers: a file holds its slot from the start, and a core of the client while it is prepared."""
    free, cores, last = [0.0] * slots, [0.0] * client, 0.0
    for name in order:
        begun = max(free[0], cores[0])
        heapq.heapreplace(cores, begun + prepare)
        heapq.heapreplace(free, begun + prepare + seconds[name])
        last = max(last, begun + prepare + seconds[name])
    return last


def one_machine(seconds: Mapping[str, float], cores: int, *, serial: float) -> Row:
    """Of list scheduling on the cores of one machine."""

    def takes(order: Sequence[str]) -> float:
        return played(seconds, order, {}, cores, overdue=0.0) + serial

    bound = max(sum(seconds.values()) / cores, *seconds.values()) + serial
    return Row(cores, takes(makes_order(list(seconds))), takes(heaviest_first(seconds)), bound)


def behind(seconds: Mapping[str, float], slots: int, *, client: int, prepare: float, serial: float) -> Row:
    """Of workers behind one client, whose preprocessing is a bound of its own."""

    def takes(order: Sequence[str]) -> float:
        return fleet(seconds, order, slots=slots, client=client, prepare=prepare) + serial

    held = sum(seconds.values()) + prepare * len(seconds)
    least = max(held / slots, max(seconds.values()) + prepare, prepare * len(seconds) / client + min(seconds.values()))
    return Row(slots, takes(makes_order(list(seconds))), takes(heaviest_first(seconds)), least + serial)


def table(rows: Sequence[Row]) -> str:
    head = f"{'cores':>6}{'make s':>9}{'heaviest s':>12}{'bound s':>9}{'make/bound':>12}{'heaviest/bound':>16}"
    lines = [
        f"{r.cores:6}{r.make:9.0f}{r.heaviest:12.0f}{r.bound:9.0f}{r.make / r.bound:12.2f}{r.heaviest / r.bound:16.2f}"
        for r in rows
    ]
    return "\n".join([head, *lines])


def read(what: str) -> dict[str, float]:
    """Object -> CPU seconds, of a ledger's file or of the costs that came with a recipe; nvcc's are left out.

    Raises:
        SystemExit: there are none.
    """
    if os.path.isfile(what):
        book = ledger.read(what)
        tree = os.path.commonpath([os.path.dirname(name) for name in book.finished] or ["/"])
        found = costs.recorded({tree: book})
    else:
        found = costs.shipped(what)
    seconds = {n: c.seconds for n, c in found.items() if c.seconds > 0 and not n.endswith("_gpu.o")}
    if not seconds:
        sys.exit(f"{what} is no ledger with compiles in it, and no recipe with costs")
    return seconds


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("what", nargs="?", default="mxnet-0.12.1")
    options.add_argument("--cores", default=",".join(map(str, CORES)))
    options.add_argument("--client", type=int, default=8)
    options.add_argument("--serial", type=float, default=5.4, help="of the link; 5.4 s: 1.6.0 with gcc 12 and bfd")
    options.add_argument("--prepare", type=float, default=0.6, help="CPU seconds for each file; twice 0.3 s: 0.12.1")
    given = options.parse_args()
    seconds = read(given.what)
    cores = [int(word) for word in given.cores.split(",")]
    total, longest = sum(seconds.values()), max(seconds, key=lambda name: seconds[name])
    print(
        f"{given.what}: {len(seconds)} objects, {total:.0f} s of CPU; the longest: {longest}, {seconds[longest]:.0f} s"
    )
    print(f"link: {given.serial:g} s\n\non one machine")
    print(table([one_machine(seconds, count, serial=given.serial) for count in cores]))
    print(f"\non workers behind {given.client} cores, {given.prepare:g} s of which prepare each file")
    each = {"client": given.client, "prepare": given.prepare, "serial": given.serial}
    print(table([behind(seconds, count, **each) for count in cores]))


if __name__ == "__main__":
    main()
