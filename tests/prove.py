"""How far a release comes on this machine without a whole build: `python -m tests.prove mxnet-1.3.1`.

What a maintainer runs for a new release, compiler or distribution: mxbuild's own source step, make's own list of
objects, then the objects that break first, compiled with all that the plan says: the heaviest (by what the same file
cost in any release so far) and those that touch OpenCV, BLAS or LAPACK. `--syntax` reads every source of the list in
place of that (-fsyntax-only: all errors, no code), in a fraction of a build's time.
"""

import argparse
import os
import re
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import msgspec

from mxbuild.compile import costs, install, ledger, objects
from mxbuild.compile.gate import VARIABLE
from mxbuild.execute import engine, make, makelog
from mxbuild.execute.makeworld import environment_of
from mxbuild.locations import locations
from mxbuild.model import Compiler, FetchSource, Make, Message, Request, StepFinished
from mxbuild.pipeline import look, prepare
from mxbuild.process import run_logged
from mxbuild.system import System

HERE = Path(__file__).parents[1]
LIBRARIES = re.compile(r"opencv|cblas|lapack|linalg", re.IGNORECASE)
SOURCES = (".cc", ".cpp", ".c")


def source_of(name: str, tree: str) -> Path | None:
    """The source of an object: build/src/x.o or build/x.o is of src/x.cc, dmlc-core's and nnvm's lie elsewhere."""
    inner = os.path.relpath(name, tree).removesuffix(".o")
    stems = (inner.removeprefix("build/"), inner.replace("build/", "src/", 1))
    return next((p for stem in stems for end in SOURCES if (p := Path(tree, stem + end)).is_file()), None)


def chosen(names: Sequence[str], tree: str, heavy: int) -> list[str]:
    """Those that touch a library, then the heaviest; in the list's order."""
    known: dict[str, float] = {}
    for release in HERE.glob("recipes/*.costs"):
        for name, cost in costs.shipped(release.stem).items():
            known[os.path.basename(name)] = max(known.get(os.path.basename(name), 0.0), cost.seconds)
    ours = {n for n in names if (s := source_of(n, tree)) and LIBRARIES.search(s.read_text(errors="replace"))}
    rest = sorted((n for n in names if n not in ours), key=lambda n: -known.get(os.path.basename(n), 0.0))
    return [n for n in names if n in ours or n in rest[:heavy]]


def main() -> int:
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("recipe")
    options.add_argument("--heavy", type=int, default=12, help="how many of the heaviest objects (%(default)s)")
    options.add_argument("--syntax", action="store_true", help="read every source of the list, make no object")
    options.add_argument("--match", default="", help="only objects whose path matches this regular expression")
    options.add_argument("--jobs", type=int)
    options.add_argument("--with", dest="on", action="append", default=[])
    options.add_argument("--without", dest="off", action="append", default=[])
    options.add_argument("--mirror", default=os.environ.get("MXBUILD_MIRROR"))
    given = options.parse_args()
    wanted = {**dict.fromkeys(given.on, True), **dict.fromkeys(given.off, False)}
    request = Request(recipe=given.recipe, device="cpu", mirror=given.mirror, jobs=given.jobs, apt=False, wanted=wanted)
    return compile_some(placed(fetched(request), ccache=not given.syntax), given.syntax, given.heavy, given.match)


class Workplace(NamedTuple):
    """A make step with records of its own, beside those of a build."""

    step: Make
    tree: str
    environment: dict[str, str]
    launchers: install.Launchers

    def assignments(self, compiler: Compiler | install.Launchers, flags: str = "") -> list[str]:
        """make's variables, with these programs and with `flags` at the end of ADD_CFLAGS."""
        more = {"ADD_CFLAGS": flags}
        values = [f"{v.name}={v.value}{more.get(v.name, '')}" for v in self.step.variables]
        return [f"CC={compiler.cc}", f"CXX={compiler.cxx}", *values]

    def objects(self, assignments: Sequence[str]) -> tuple[list[str], list[str]]:
        """make's list, and those of it that are MXNet's own."""
        names = list(objects.planned(self.step.make, self.tree, self.step.objects, assignments, self.environment))
        return names, [n for n in names if os.path.relpath(n, self.tree).startswith("build/")]

    def gated_make(self, *words: str, **more: str) -> int:
        """make behind the gate: its exit code.

        Args:
            more: environment variables.
        """
        with make.doorkeeper(self.step, self.tree, costs.earlier(self.step.ledger, self.tree)) as door:
            gate = {VARIABLE: door.name, "CCACHE_PREFIX": self.launchers.gate}
            return run_logged(
                [self.step.make, "-C", self.tree, f"-j{self.step.jobs}", *words],
                env={**self.environment, **gate, **more}, cwd=self.tree, log=self.step.log,
            )  # fmt: skip


def fetched(request: Request) -> Make:
    """The make step, with its source in place."""
    where = locations(os.environ)
    planned = prepare(look(System(), request, where), where)
    source = [p for p in planned.steps if isinstance(p.step, FetchSource)]

    def say(event: object) -> None:
        if isinstance(event, Message):
            print(event.text, flush=True)
        elif isinstance(event, StepFinished):
            print(f"source: {event.detail}", flush=True)

    if source[0].action == "run":
        engine.execute(msgspec.structs.replace(planned, steps=tuple(source)), os.environ, say)
    return next(p.step for p in planned.steps if isinstance(p.step, Make))


def placed(step: Make, *, ccache: bool = True) -> Workplace:
    tree = os.path.realpath(step.tree)
    records = os.path.dirname(step.ledger) + "+proof"  # of the same release, for who reads what files cost
    os.makedirs(records, exist_ok=True)
    step = msgspec.structs.replace(step, ledger=f"{records}/ledger.jsonl", log=f"{records}/make.log")
    environment = environment_of(step, tree)
    launchers = install.install(
        f"{records}/bin",
        compiler=step.compiler,
        ledger=step.ledger,
        environment=environment,
        prefix=step.ccache if ccache else "",
        flags={os.path.normpath(os.path.join(tree, source)): more for source, more in step.source_flags.items()},
    )
    return Workplace(step, tree, environment, launchers)


def compile_some(place: Workplace, syntax: bool, heavy: int, match: str) -> int:
    step, tree = place.step, place.tree
    assignments = place.assignments(place.launchers, " -fsyntax-only" if syntax else "")
    names, own = place.objects(assignments)
    goals = own if syntax else chosen(own, tree, heavy)
    goals = [n for n in goals if re.search(match, n)]
    print(f"{step.compiler.cxx} {step.compiler.version}; make lists {len(names)} objects, {len(own)} of MXNet's own; "
          f"{len(goals)} are {'read' if syntax else 'compiled'}", flush=True)  # fmt: skip
    if not goals:  # make without a goal would build all
        return 0
    mark = os.path.getsize(step.log) if os.path.exists(step.log) else 0
    offset = os.path.getsize(step.ledger) if os.path.exists(step.ledger) else 0
    started = time.monotonic()
    code = place.gated_make("-k", *(os.path.relpath(n, tree) for n in goals), *assignments)
    seen = ledger.Ledger(step.ledger, offset=offset)
    seen.update()
    done = list(seen.finished.values())
    bad = [e for e in done if e.code != 0]
    for entry in sorted(done, key=lambda e: -e.cpu)[:8]:
        print(f"  {entry.cpu:7.1f} s {entry.memory >> 20:6} MiB  {os.path.relpath(entry.object, tree)}")
    for entry in bad:
        print(f"FAILED {entry.source}")
    if code:
        first = makelog.first_error(step.log, mark)
        print("\n".join(("first error:", first.headline, *first.lines)))
    print(f"{len(done) - len(bad)} of {len(done)} compiles well, {time.monotonic() - started:.0f} s, "
          f"{sum(e.cpu for e in done):.0f} s of CPU; log: {step.log}")  # fmt: skip
    return 1 if code else 0


if __name__ == "__main__":
    sys.exit(main())
