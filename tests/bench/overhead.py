"""What mxbuild's make step costs over the bare make of the same flags, on the miniature: pairs, wall and CPU.

    python tests/bench/overhead.py [--pairs 10] [--jobs 2]

The two of a pair run one after the other, the first one being now this, now that one, so that a machine whose load
changes favours neither. CPU time is that of all children, and for the step mxbuild's own as well.
"""

import argparse
import os
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median

import msgspec

from mxbuild.execute import make, source
from mxbuild.execute.context import Context
from mxbuild.execute.makeworld import environment_of
from mxbuild.locations import Locations
from mxbuild.model import FetchSource, Make, Request
from mxbuild.pipeline import look
from mxbuild.plan import paths, steps
from mxbuild.system import System

PRODUCTS = (".o", ".d", ".a", ".so")
RECIPES = Path(__file__).parents[2] / "recipes"


def measured(work: Callable[[], object]) -> tuple[float, float]:
    """(wall, CPU) seconds."""

    def cpu() -> float:
        usages = (resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
        return sum(usage.ru_utime + usage.ru_stime for usage in usages)

    before, started = cpu(), time.perf_counter()
    work()
    return time.perf_counter() - started, cpu() - before


def cleaned(step: Make) -> None:
    """As fetched: no product, no record."""
    for directory, names, files in os.walk(step.tree):
        if ".git" in names:
            names.remove(".git")
        for name in files:
            if name.endswith(PRODUCTS):
                os.unlink(f"{directory}/{name}")
    shutil.rmtree(os.path.dirname(step.ledger), ignore_errors=True)


def prepared(directory: str, jobs: int) -> tuple[Make, Context]:
    """The miniature's source in place, and its make step as a plan has it."""
    where = Locations(prefix=f"{directory}/prefix", cache=f"{directory}/cache", state=f"{directory}/state")
    request = Request(recipe="mini", device="cpu", ccache=False, jobs=jobs)
    view = look(System(), request, where, [str(RECIPES)])
    places = paths(view.build, where.prefix, where.cache, where.state)
    todo = {type(step): step for step in steps(view.build, places, view.embedded)}
    context = Context(environ=os.environ, watch=lambda event: None, paths=places, outcomes={})
    fetch, step = todo[FetchSource], todo[Make]
    assert isinstance(fetch, FetchSource)
    assert isinstance(step, Make)
    source.run(fetch, context)
    return msgspec.structs.replace(step, jobs=jobs), context


def bare(step: Make, environment: dict[str, str]) -> None:
    """make as a person would call it, with the same variables and the compilers themselves."""
    variables = [f"CC={step.compiler.cc}", f"CXX={step.compiler.cxx}", *(f"{v.name}={v.value}" for v in step.variables)]
    subprocess.run(
        [step.make, "-C", step.tree, f"-j{step.jobs}", step.target, *variables],
        env=environment, check=True, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--pairs", type=int, default=10)
    parser.add_argument("--jobs", type=int, default=len(os.sched_getaffinity(0)))
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as directory:
        step, context = prepared(directory, options.jobs)
        aliases = f"{directory}/aliases/ledger"
        os.makedirs(os.path.dirname(aliases))
        environment = environment_of(msgspec.structs.replace(step, ledger=aliases), step.tree)
        programs: dict[str, Callable[[], object]] = {
            "bare": lambda: bare(step, environment),
            "mxbuild": lambda: make.run(step, context),
        }
        ratios: list[tuple[float, float]] = []
        for pair in range(options.pairs):
            seen = {}
            for name in sorted(programs, reverse=bool(pair % 2)):
                cleaned(step)
                seen[name] = measured(programs[name])
            ours, theirs = seen["mxbuild"], seen["bare"]
            ratios.append((ours[0] / theirs[0], ours[1] / theirs[1]))
            sys.stdout.write(
                f"{pair + 1:3}  bare {theirs[0]:7.2f} s wall {theirs[1]:7.2f} s CPU   "
                f"mxbuild {ours[0]:7.2f} {ours[1]:7.2f}   ratio {ratios[-1][0]:.4f} {ratios[-1][1]:.4f}\n"
            )
            sys.stdout.flush()
    for index, what in enumerate(("wall", "CPU")):
        of = [ratio[index] for ratio in ratios]
        sys.stdout.write(f"{what} ratio: min {min(of):.4f}, median {median(of):.4f}, max {max(of):.4f}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
