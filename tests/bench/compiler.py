"""What makes one compile sooner and changes no object: variants of one command in turn, each beside the plain one.

    python -m tests.bench.compiler RECIPE OBJECT [--rounds 5] [--mirror DIR|URL]

OBJECT is below the tree of an earlier build: build/src/operator/fully_connected.o. An allocator is tried where Debian's
package of it is installed (libjemalloc2, libmimalloc2.0, libtcmalloc-minimal4).
"""

import argparse
import os
import subprocess
import sys
import tempfile
from functools import partial
from pathlib import Path
from statistics import median

from rich.console import Console
from rich.table import Table

from mxbuild.compile.install import ROOM
from mxbuild.execute.makeworld import environment_of
from mxbuild.locations import locations
from mxbuild.model import Make, Request
from mxbuild.pipeline import look
from mxbuild.plan import paths, steps
from mxbuild.system import System
from tests.bench.measure import Spent, measured

ALLOCATORS = ("libjemalloc.so.2", "libmimalloc.so.2.0", "libtcmalloc_minimal.so.4")
HUGE = {"GLIBC_TUNABLES": "glibc.malloc.hugetlb=1"}


def variants(cores: list[int]) -> dict[str, tuple[list[str], list[str], dict[str, str]]]:
    """name -> (what stands before the command, options at its end, environment)."""
    found: dict[str, tuple[list[str], list[str], dict[str, str]]] = {
        "plain": ([], [], {}),
        "-pipe": ([], ["-pipe"], {}),
        "one core": (["taskset", "-c", str(cores[-1])], [], {}),
        "room": ([], list(ROOM), {}),
        "huge pages": ([], [], HUGE),
        "room, huge pages": ([], list(ROOM), HUGE),
    }
    for name in ALLOCATORS:
        for directory in Path("/usr/lib").glob("*-linux-gnu"):
            if (directory / name).exists():
                found[f"room, {name}"] = ([], list(ROOM), {"LD_PRELOAD": str(directory / name)})
    return found


def command_of(recipe: str, name: str, mirror: str | None) -> tuple[list[str], str, dict[str, str]]:
    """The compile of an object as make has it: words, directory, environment."""
    where = locations(os.environ)
    build = look(System(), Request(recipe=recipe, device="cpu", apt=False, ccache=False, mirror=mirror), where).build
    step = next(s for s in steps(build, paths(build, where.prefix, where.cache, where.state)) if isinstance(s, Make))
    tree = os.path.realpath(step.tree)
    environment = environment_of(step, tree)
    values = [f"CC={step.compiler.cc}", f"CXX={step.compiler.cxx}", *(f"{v.name}={v.value}" for v in step.variables)]
    asked = [step.make, "-C", tree, "-n", "-B", name, *values]
    listed = subprocess.run(asked, env=environment, stdout=subprocess.PIPE, text=True, check=True).stdout
    line = next(text for text in listed.splitlines() if text.startswith(step.compiler.cxx) and f"-o {name}" in text)
    return line.split(), tree, environment


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("recipe")
    parser.add_argument("object")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--mirror", default=os.environ.get("MXBUILD_MIRROR"))
    options = parser.parse_args()
    words, tree, environment = command_of(options.recipe, options.object, options.mirror)
    words = words[: words.index("-o")] + words[words.index("-o") + 2 :]
    chosen = variants(sorted(os.sched_getaffinity(0)))
    spent: dict[str, list[Spent]] = {name: [] for name in chosen}
    objects: dict[str, bytes] = {}
    with tempfile.TemporaryDirectory() as directory:
        made = f"{directory}/made.o"
        for turn in range(options.rounds):
            order = list(chosen) if turn % 2 == 0 else list(reversed(chosen))
            for name in order:
                before, after, more = chosen[name]
                command = [*before, *words, *after, "-MF", f"{directory}/made.d", "-o", made]
                run = partial(
                    subprocess.run, command, cwd=tree, env=environment | more, check=True, capture_output=True
                )
                spent[name].append(measured(run))
                objects[name] = Path(made).read_bytes()
    table = Table(title=f"{options.recipe} {options.object}, {options.rounds} rounds; medians", title_justify="left")
    for head in ("variant", "wall s", "of plain", "CPU s", "of plain", "object"):
        table.add_column(head, justify="left" if head in ("variant", "object") else "right")
    for name, seen in spent.items():
        walls = [s.wall / p.wall for s, p in zip(seen, spent["plain"], strict=True)]
        cpus = [s.cpu / p.cpu for s, p in zip(seen, spent["plain"], strict=True)]
        table.add_row(
            name, f"{median(s.wall for s in seen):.2f}", f"{median(walls):.3f}", f"{median(s.cpu for s in seen):.2f}",
            f"{median(cpus):.3f}", "the same" if objects[name] == objects["plain"] else "another",
        )  # fmt: skip
    Console(width=None if sys.stdout.isatty() else 120).print(table)
    return 0


if __name__ == "__main__":
    sys.exit(main())
