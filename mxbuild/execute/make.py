"""The make step: one in-tree build per fingerprint, every variable explicit, every compile recorded."""

import hashlib
import os
import time
from collections.abc import Mapping, Sequence

from mxbuild.compile import costs, elf, install, ledger, objects, resume
from mxbuild.compile.admission import Peak
from mxbuild.compile.costs import Cost
from mxbuild.compile.fleet import Fleet
from mxbuild.compile.gate import VARIABLE, Gate
from mxbuild.compile.ledger import Entry
from mxbuild.detect import memory
from mxbuild.errors import BuildError
from mxbuild.execute import makelog, operators, remotecache, workers
from mxbuild.execute.compilewatch import CompileWatch, resident
from mxbuild.execute.context import Context
from mxbuild.execute.makeworld import checked, environment_of, epoch, tracked
from mxbuild.model import JournalEntry, Line, Make, Message, Outcome
from mxbuild.process import run_logged
from mxbuild.system import System

RESERVE = 256 << 20
"""Bytes left to everything else."""
KILLED = (-9, 137)
"""Exit status of a compiler that was killed: itself, or below a shell."""
DEVICE = ".cu"
"""What nvcc compiles."""


def run(step: Make, context: Context) -> Outcome:
    """Build the library, from nothing or from where an interrupted build was.

    Raises:
        BuildError: it does not compile or link; the first error of the log is in the details.
        OSError: the records cannot be written.
    """
    checked(step)
    started = time.monotonic()
    tree = os.path.realpath(step.tree)  # as make's CURDIR and the launcher's getcwd have it
    library = f"{step.tree}/{step.library}"
    os.makedirs(os.path.dirname(step.ledger), exist_ok=True)
    environment = environment_of(step, tree) | epoch(tree, context.environ)
    launchers = install.install(
        step.launcher,
        compiler=step.compiler,
        ledger=step.ledger,
        environment=environment,
        prefix=step.ccache,
        nvcc=step.nvcc,
        flags={os.path.normpath(os.path.join(tree, source)): more for source, more in step.source_flags.items()},
        distcc=step.distcc,
        tree=tree,
    )
    environment |= workers.settings(step, context.environ)
    if danger := workers.warning(step):
        context.watch(Message(id=step.id, text=danger, level="warning"))
    if step.ccache:
        environment["CCACHE_PREFIX"] = launchers.gate
        environment |= remotecache.joined(step, environment, context)
    programs = {"CC": launchers.cc, "CXX": launchers.cxx, "NVCC": launchers.nvcc}
    assignments = [f"{name}={path}" for name, path in programs.items() if path]
    assignments += [f"{v.name}={v.value}" for v in step.variables]
    operators.place(step, tree)
    source = tracked(tree, context.environ)
    # Before make reads any of its files: a torn dependency file stops it.
    swept = resume.sweep(tree, ledger.read(step.ledger), source=source)
    if text := swept.said:
        context.watch(Message(id=step.id, text=text))
    kept = len(swept.kept)
    wanted = objects.planned(step.make, tree, step.objects, assignments, environment)
    known = costs.earlier(step.ledger, tree)
    seconds = {name: cost.seconds for name, cost in known.items()}
    first = objects.heaviest_first(wanted, lambda name: seconds.get(os.path.relpath(name, tree), 0.0))
    order = tuple(dict.fromkeys([*first, *wanted]))
    alone, compiled, machine, share = frozenset[str](), list[Entry](), System(), workers.Share()
    while True:
        fleet = Fleet(step.workers, lost=lambda worker, why: context.watch(workers.lost(step, worker, why)))
        door = doorkeeper(step, tree, known, alone, fleet)
        watch = CompileWatch(
            step,
            tree=tree,
            wanted=order,
            kept=swept.kept,
            costs=seconds,
            gate=door,
            free=lambda: _free(machine),
            emit=context.watch,
        )
        mark = os.path.getsize(step.log) if os.path.exists(step.log) else 0
        with door, watch:
            code = run_logged(
                [step.make, "-C", tree, f"-j{step.jobs}", *(wanted[n] for n in first), step.target, *assignments],
                env={**environment, VARIABLE: door.name},
                cwd=tree,
                log=step.log,
                on_line=lambda text: context.watch(Line(id=step.id, text=text)),
                on_start=watch.follow,
                keep_open=context.keep_open,
            )
        compiled += watch.compiled
        share.add(watch.ledger)
        if code == 0:
            break
        failure = _failure(step, mark, watch.compiled)
        failed = frozenset(os.path.normpath(e.object) for e in watch.compiled if e.code != 0)
        starved = (failed or frozenset(wanted)) - alone  # where none is known to have failed, any may have
        if not failure.memory or not starved:
            raise BuildError(
                failure.headline,
                details=makelog.details(failure, step.log, tree),
                remedy=failure.remedy or makelog.UNKNOWN,
            )
        alone |= starved
        text = f"{failure.headline}: {failure.cause}; once more, with no other compiler beside it"
        context.watch(Message(id=step.id, text=text, level="warning"))
        swept = resume.sweep(tree, ledger.read(step.ledger), source=source)
    # The sweep took away what was there: this one was linked now.
    if elf.kind(library) != elf.SHARED:
        raise BuildError(f"make ended well, but {library} is no shared library", details=[f"log: {step.log}"])
    status = os.stat(library)
    cached = remotecache.counts(environment.get("CCACHE_STATSLOG", ""))
    if cached.failed:
        text = f"{step.remote_cache} did not answer for {cached.failed} compiles, whose objects others will not find"
        context.watch(Message(id=step.id, text=text, level="warning"))
    for text in share.complaints():
        context.watch(Message(id=step.id, text=text, level="warning"))
    return Outcome(
        id=step.id,
        status="done",
        seconds=time.monotonic() - started,
        detail=f"{len(watch.wanted)} objects"
        + f", {kept} of them from before" * (kept > 0)
        + f", {cached.remote} out of {step.remote_cache}" * (cached.remote > 0)
        + (f", {share.detail}" if share.detail else ""),
        evidence={
            "library": library,
            "size": status.st_size,
            "mtime_ns": status.st_mtime_ns,
            "sha256": _sha256(library),
            "objects": len(watch.wanted),
            "compiled": sum(e.code == 0 for e in compiled),
            "cpu_seconds": round(sum(e.cpu for e in compiled), 1),
            "wall": round(time.monotonic() - started, 1),
            "peak_memory": max((e.memory for e in compiled), default=0),
            **({"device": _device(compiled)} if step.nvcc else {}),
            "jobs": step.jobs,
            "alone": len(alone),
            **({"cache": cached._asdict()} if step.remote_cache else {}),
            **({"workers": share.evidence()} if step.workers else {}),
        },
    )


def doorkeeper(
    step: Make,
    tree: str,
    known: Mapping[str, Cost],
    alone: frozenset[str] = frozenset(),
    fleet: Fleet | None = None,
) -> Gate:
    """The gate of a step's compilers.

    Args:
        tree: its real path.
        known: object below the tree -> what it took before.
        alone: objects beside which nothing else may run.
    """
    machine = System()
    return Gate(
        peaks={
            f"{tree}/{name}": Peak(c.memory or c.roomy, c.roomy, c.seconds)
            for name, c in known.items()
            if c.memory or c.roomy
        },
        usual=step.memory,
        jobs=step.jobs,
        free=lambda: _free(machine),
        taken=resident,
        roomy=step.compiler.family == "gcc",
        alone=alone,
        fleet=fleet,
        here=step.here,
    )


def _free(machine: System) -> int:
    """Bytes that new processes can take, by the machine and by every control group above this one."""
    seen = memory.look(machine, [])
    return min(seen.available.value, seen.limit.value if seen.limit else seen.available.value) - RESERVE


def damage(step: Make, entry: JournalEntry) -> str:
    """Whether the library is the one that make left."""
    library = f"{step.tree}/{step.library}"
    try:
        status = os.stat(library)
    except OSError:
        return f"{library} is gone"
    if (status.st_size, status.st_mtime_ns) != (entry.evidence.get("size"), entry.evidence.get("mtime_ns")):
        return f"{library} was changed"
    return ""


def _failure(step: Make, mark: int, compiled: Sequence[Entry]) -> makelog.FirstError:
    """The log's first error, unless the ledger knows better: a compiler that is killed can say nothing."""
    failure = makelog.first_error(step.log, mark)
    failed = [e for e in compiled if e.code != 0]
    killed = next((e for e in failed if e.code in KILLED), None)
    if killed is not None and (failure.memory or killed is failed[0]):
        return makelog.memory_ran_out(killed.source, failure.lines)
    return failure


def _device(compiled: Sequence[Entry]) -> dict[str, float]:
    """What nvcc took, its own compilers and the host's below it included."""
    entries = [e for e in compiled if e.source.endswith(DEVICE)]
    return {
        "compiled": sum(e.code == 0 for e in entries),
        "cpu_seconds": round(sum(e.cpu for e in entries), 1),
        "peak_memory": max((e.memory for e in entries), default=0),
    }


def _sha256(path: str) -> str:
    digest = hashlib.sha256()
    with open(path, "rb") as file:
        os.fsync(file.fileno())  # the journal will say that it is there
        while piece := file.read(1 << 20):
            digest.update(piece)
    return digest.hexdigest()
