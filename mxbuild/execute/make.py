"""The make step: one in-tree build per fingerprint, every variable explicit, every compile recorded."""

import hashlib
import os
import time
from collections.abc import Sequence

from mxbuild.compile import elf, install, ledger, objects, resume
from mxbuild.compile.ledger import Entry
from mxbuild.errors import BuildError
from mxbuild.execute import makelog
from mxbuild.execute.compilewatch import CompileWatch
from mxbuild.execute.context import Context
from mxbuild.execute.makeworld import checked, earlier, environment_of, tracked
from mxbuild.model import JournalEntry, Line, Make, Message, Outcome
from mxbuild.process import run_logged

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
    launchers = install.install(
        step.launcher,
        compiler=step.compiler,
        ledger=step.ledger,
        prefix=step.ccache,
        nvcc=step.nvcc,
        flags={os.path.normpath(os.path.join(tree, source)): more for source, more in step.source_flags.items()},
    )
    programs = {"CC": launchers.cc, "CXX": launchers.cxx, "NVCC": launchers.nvcc}
    assignments = [f"{name}={path}" for name, path in programs.items() if path]
    assignments += [f"{v.name}={v.value}" for v in step.variables]
    environment = environment_of(step, tree)
    source = tracked(tree, context.environ)
    # Before make reads any of its files: a torn dependency file stops it.
    swept = resume.sweep(tree, ledger.read(step.ledger), source=source)
    if swept.kept or swept.removed:
        text = f"{len(swept.kept)} objects are whole and stay, {len(swept.removed)} files are made anew"
        context.watch(Message(id=step.id, text=text))
    kept = len(swept.kept)
    wanted = objects.planned(step.make, tree, step.objects, assignments, environment)
    costs = earlier(step, tree)
    jobs, compiled = step.jobs, list[Entry]()
    while True:
        watch = CompileWatch(
            step, tree=tree, wanted=wanted, kept=swept.kept, costs=costs, jobs=jobs, emit=context.watch
        )
        mark = os.path.getsize(step.log) if os.path.exists(step.log) else 0
        with watch:
            code = run_logged(
                [step.make, "-C", tree, f"-j{jobs}", step.target, *assignments],
                env=environment,
                cwd=tree,
                log=step.log,
                on_line=lambda text: context.watch(Line(id=step.id, text=text)),
                on_start=watch.follow,
                keep_open=context.keep_open,
            )
        compiled += watch.compiled
        if code == 0:
            break
        failure = _failure(step, mark, watch.compiled)
        if not failure.memory or jobs == 1 or jobs < step.jobs:
            raise BuildError(
                failure.headline,
                details=[*failure.lines, *([f"cause: {failure.cause}"] if failure.cause else []), f"log: {step.log}"],
                remedy=failure.remedy or "the same command again goes on where it stopped",
            )
        jobs = jobs // 2
        text = f"{failure.headline}: {failure.cause}; once more with {jobs} job{'s' * (jobs != 1)}"
        context.watch(Message(id=step.id, text=text, level="warning"))
        swept = resume.sweep(tree, ledger.read(step.ledger), source=source)
    wanted = watch.wanted
    # The sweep took away what was there: this one was linked now.
    if elf.kind(library) != elf.SHARED:
        raise BuildError(f"make ended well, but {library} is no shared library", details=[f"log: {step.log}"])
    status = os.stat(library)
    return Outcome(
        id=step.id,
        status="done",
        seconds=time.monotonic() - started,
        detail=f"{len(wanted)} objects" + f", {kept} of them from before" * (kept > 0),
        evidence={
            "library": library,
            "size": status.st_size,
            "mtime_ns": status.st_mtime_ns,
            "sha256": _sha256(library),
            "objects": len(wanted),
            "compiled": sum(e.code == 0 for e in compiled),
            "cpu_seconds": round(sum(e.cpu for e in compiled), 1),
            "wall": round(time.monotonic() - started, 1),
            "peak_memory": max((e.memory for e in compiled), default=0),
            **({"device": _device(compiled)} if step.nvcc else {}),
            "jobs": jobs,
            "retried": jobs < step.jobs,
        },
    )


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
