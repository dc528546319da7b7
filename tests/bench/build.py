"""mxbuild beside what a person does by hand, and what it costs itself.

    python tests/bench/build.py [RECIPE] [--pairs 2] [--jobs N] [--cases bare,warm,store,own] [--gpu]
                                [--without FEATURE,...] [--mirror DIR|URL]

By hand is `make -jN` with the same variables and the compilers themselves, in the same tree, with one flag more, which
takes the tree's own path out of the objects as mxbuild does, so that they can be compared; its seconds do not count the
clone. The first one of a pair is now this, now that. What a make below make compiles still differs where a message
names a header, ../dmlc-core/... against dmlc-core/...: eleven objects of nnvm, of the 156 of 0.12.1. Two objects of
nvcc's are never the same: each names the files that nvcc made for itself.

cold   mxbuild's make step with an empty ccache; the objects of both are compared, byte for byte. ccache reads the
       headers once more before each compile, some 0.2 s, of the 1.3 that one of mini's takes
bare   the same without ccache
warm   the same in a tree elsewhere, out of the ccache that the cold one filled
store  a whole `mxbuild install --store` on a machine that has nothing, with pip's cache filled
own    `mxbuild install` with nothing to do, `mxbuild key`, `mxbuild --help`, and the launcher of each compile
"""

import argparse
import hashlib
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from statistics import median

import msgspec

from mxbuild.compile import install
from mxbuild.execute import make, source
from mxbuild.execute.context import Context
from mxbuild.execute.makeworld import environment_of
from mxbuild.locations import Locations
from mxbuild.model import Device, FetchSource, Make, Request
from mxbuild.pipeline import look
from mxbuild.plan import paths, steps
from mxbuild.system import System
from tests.bench.measure import Case, Spent, measured, show

RECIPES = Path(__file__).parents[2] / "recipes"
MXBUILD = (sys.executable, "-m", "mxbuild")


def cleaned(step: Make) -> None:
    """As fetched, and no record: what CMake noted below make is gone as well."""
    shutil.rmtree(step.tree)
    shutil.copytree(f"{step.tree}.fetched", step.tree, symlinks=True)
    shutil.rmtree(os.path.dirname(step.ledger), ignore_errors=True)


def digests(tree: str) -> dict[str, str]:
    """Object -> its hash."""
    return {
        str(path.relative_to(tree)): hashlib.sha256(path.read_bytes()).hexdigest() for path in Path(tree).rglob("*.o")
    }


def prepared(
    home: str, recipe: str, jobs: int, mirror: str | None, *, device: Device = "cpu", without: Sequence[str] = ()
) -> tuple[Make, Context]:
    """The source in place, and its make step as a plan has it."""
    where = Locations(
        prefix=f"{home}/.local/share/mxbuild", cache=f"{home}/.cache/mxbuild", state=f"{home}/.local/state/mxbuild"
    )
    wanted = dict.fromkeys(without, False)
    request = Request(recipe=recipe, device=device, wanted=wanted, ccache=True, jobs=jobs, mirror=mirror)
    view = look(System(), request, where, [str(RECIPES)])
    places = paths(view.build, where.prefix, where.cache, where.state)
    todo = {type(step): step for step in steps(view.build, places, view.embedded)}
    context = Context(environ=os.environ, watch=lambda event: None, paths=places, outcomes={})
    fetch, step = todo[FetchSource], todo[Make]
    assert isinstance(fetch, FetchSource)
    assert isinstance(step, Make)
    source.run(fetch, context)
    shutil.copytree(step.tree, f"{step.tree}.fetched", symlinks=True)
    return msgspec.structs.replace(step, jobs=jobs), context


def by_hand(step: Make, directory: str) -> None:
    """make as a person would call it, with the same variables and the compilers themselves."""
    records = f"{directory}/by-hand/ledger"
    os.makedirs(os.path.dirname(records), exist_ok=True)
    environment = environment_of(msgspec.structs.replace(step, ledger=records), step.tree)
    more = {"ADD_CFLAGS": f" -ffile-prefix-map={os.path.realpath(step.tree)}/="}
    values = [f"{v.name}={v.value}{more.get(v.name, '')}" for v in step.variables]
    variables = [f"CC={step.compiler.cc}", f"CXX={step.compiler.cxx}", *values]
    if step.nvcc:
        variables.append(f"NVCC={step.nvcc}")
    for name, more_flags in step.source_flags.items():
        goal = f"build/{os.path.splitext(name)[0]}{'_gpu' * name.endswith('.cu')}.o"
        variables.append(f"--eval={goal}: CFLAGS += {' '.join(more_flags)}")
    with open(f"{records}.log", "wb") as log:
        done = subprocess.run(
            [step.make, "-C", step.tree, f"-j{step.jobs}", step.target, *variables],
            env=environment, check=False, stdin=subprocess.DEVNULL, stdout=log, stderr=log,
        )  # fmt: skip
    if done.returncode:
        raise SystemExit(f"make: exit {done.returncode}\n{Path(log.name).read_text(errors='replace')[-3000:]}")


def cold(step: Make, context: Context, directory: str, pairs: int, *, bare: bool) -> list[Case]:
    """With ccache and, where `bare`, without it as well: of each round the first one is another."""
    case = Case("cold", f"make -j{step.jobs}", "its make step")
    without = Case("bare", f"make -j{step.jobs}", "its make step, no ccache")
    programs: list[tuple[str, Callable[[], object]]] = [
        ("hand", lambda: by_hand(step, directory)), ("ours", lambda: make.run(step, context))
    ]  # fmt: skip
    if bare:
        programs.append(("bare", lambda: make.run(msgspec.structs.replace(step, ccache=""), context)))
    for pair in range(pairs):
        spent, objects = dict[str, Spent](), dict[str, dict[str, str]]()
        for name, program in programs if pair % 2 == 0 else reversed(programs):
            cleaned(step)
            if name == "ours":
                shutil.rmtree(step.ccache_directory, ignore_errors=True)
            spent[name] = measured(program)
            objects[name] = digests(step.tree)
        case.add(spent["hand"], spent["ours"])
        case.notes.append(same(objects["hand"], objects["ours"]))
        if bare:
            without.add(spent["hand"], spent["bare"])
            without.notes.append(same(objects["hand"], objects["bare"]))
    return [case, without] if bare else [case]


def same(theirs: dict[str, str], ours: dict[str, str]) -> str:
    equal = sum(theirs.get(name) == digest for name, digest in ours.items())
    return f"{equal} of {len(ours)} objects are the same to the byte"


def warm(filled: Make, before: Case, step: Make, context: Context) -> Case:
    """In another tree, out of the ccache that the cold builds filled."""
    case = Case("warm", before.hand, "its make step, ccache filled, another tree")
    step = msgspec.structs.replace(step, ccache_directory=filled.ccache_directory)
    theirs = digests(filled.tree)
    for hand, _ in before.pairs:
        cleaned(step)
        case.add(hand, measured(lambda: make.run(step, context)))
    ours = digests(step.tree)
    case.notes.append(f"{same(theirs, ours)} as in the other tree")
    return case


def command(home: str, *words: str) -> None:
    """mxbuild of a user whose home this is."""
    names = ("PATH", "LANG", "PIP_INDEX_URL", "PIP_CONFIG_FILE", "PIP_CERT", "SSL_CERT_FILE", "GIT_CONFIG_GLOBAL")
    kept = {name: value for name in names if (value := os.environ.get(name))}
    done = subprocess.run(
        [*MXBUILD, *words], env={**kept, "HOME": home, "PYTHONPATH": os.pathsep.join(sys.path[:1])},
        stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False,
    )  # fmt: skip
    if done.returncode:
        raise SystemExit(f"mxbuild {' '.join(words)}: exit {done.returncode}\n{done.stdout[-3000:]}")


def store(home: str, before: Case, directory: str, asked: list[str]) -> Case:
    case = Case("store", before.hand, "install --store, all of it")
    command(home, "install", *asked)
    command(home, "push", "--store", f"{directory}/store")
    for pair, (hand, _) in enumerate(before.pairs):
        other = f"{directory}/other-{pair}"
        os.makedirs(f"{other}/.cache")
        os.symlink(f"{home}/.cache/pip", f"{other}/.cache/pip")
        case.add(hand, measured(partial(command, other, "install", *asked, "--store", f"{directory}/store")))
    return case


def own(home: str, step: Make, directory: str, asked: list[str]) -> list[str]:
    """What mxbuild costs by itself: medians, in words."""
    lines = []
    for name, words in (
        ("install, nothing to do", ("install", *asked)),
        ("key", ("key", *(word for word in asked if word != "--yes"))),
        ("--help", ("--help",)),
    ):
        seen = [measured(partial(command, home, *words)) for _ in range(7)]
        lines.append(
            f"mxbuild {name}: {median(s.wall for s in seen):.3f} s wall, {median(s.cpu for s in seen):.3f} s CPU"
        )
    lines.append(f"launcher: {launched(step, directory) * 1000:.2f} ms of CPU for each compile")
    return lines


def launched(step: Make, directory: str, rounds: int = 9, each: int = 20) -> float:
    """CPU seconds that a compile takes more behind the launcher than without it, without ccache."""
    work = Path(directory, "launched")
    work.mkdir()
    Path(work, "empty.c").write_text("int x;\n")
    environment = {"PATH": os.environ["PATH"]}
    placed = install.install(f"{work}/bin", compiler=step.compiler, ledger=f"{work}/ledger", environment=environment)

    def compiles(program: str) -> Callable[[], None]:
        def run() -> None:
            for _ in range(each):
                subprocess.run([program, "-c", "empty.c", "-o", "empty.o"], cwd=work, env=environment, check=True)

        return run

    pairs = [(measured(compiles(placed.cc)), measured(compiles(step.compiler.cc))) for _ in range(rounds)]
    return median(ours.cpu - bare.cpu for ours, bare in pairs) / each


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("recipe", nargs="?", default="mini")
    parser.add_argument("--pairs", type=int, default=2)
    parser.add_argument("--jobs", type=int, default=len(os.sched_getaffinity(0)))
    parser.add_argument("--cases", default="bare,warm,store,own", help="beside cold (%(default)s)")
    parser.add_argument("--gpu", action="store_true")
    parser.add_argument("--without", default="", help="features, with commas between them")
    parser.add_argument("--mirror", default=os.environ.get("MXBUILD_MIRROR"))
    options = parser.parse_args()
    chosen = set(options.cases.split(","))
    without = [name for name in options.without.split(",") if name]
    asked = [options.recipe, "--gpu" if options.gpu else "--cpu", "--no-apt", "--yes", "--jobs", str(options.jobs)]
    for name in without:
        asked += ["--without", name]
    if options.mirror:
        asked += ["--mirror", options.mirror]
    with tempfile.TemporaryDirectory() as directory:
        home, elsewhere = f"{directory}/home", f"{directory}/elsewhere/deeper"
        prepare = partial(
            prepared, recipe=options.recipe, jobs=options.jobs, mirror=options.mirror,
            device="gpu" if options.gpu else "cpu", without=without,
        )  # fmt: skip
        step, context = prepare(home)
        cases = cold(step, context, directory, options.pairs, bare="bare" in chosen)
        if "warm" in chosen:
            cases.append(warm(step, cases[0], *prepare(elsewhere)))
        if "store" in chosen:
            cases.append(store(home, cases[0], directory, asked))
        lines = own(home, step, directory, asked) if {"own", "store"} <= chosen else []
    show(cases)
    for line in lines:
        sys.stdout.write(line + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
