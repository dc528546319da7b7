"""The make step: one in-tree build per fingerprint, every variable explicit, every compile recorded."""

import hashlib
import os
import re
import time
from pathlib import Path

from mxbuild.compile import install, ledger, objects, resume
from mxbuild.errors import BuildError
from mxbuild.execute import makelog
from mxbuild.execute.compilewatch import CompileWatch
from mxbuild.execute.context import Context
from mxbuild.model import JournalEntry, Line, Make, Message, Outcome
from mxbuild.process import output, run_logged

UNFIT = re.compile(r"[\s#$:%~*?\\\"'=;|&()<>\[\]]")
"""What GNU make, or a recipe line in upstream's Makefiles, cannot have in a path."""


def run(step: Make, context: Context) -> Outcome:
    """Build the library, from nothing or from where an interrupted build was.

    Raises:
        BuildError: it does not compile or link; the first error of the log is in the details.
    """
    for path in (step.tree, step.launcher):
        if found := UNFIT.search(path):
            raise BuildError(
                f"make cannot work in {path}: {found[0]!r} is in the path",
                remedy="choose other directories with MXBUILD_CACHE_DIR and MXBUILD_STATE_DIR",
            )
    started, began = time.monotonic(), time.time()
    os.makedirs(os.path.dirname(step.ledger), exist_ok=True)
    launchers = install.install(step.launcher, compiler=step.compiler, ledger=step.ledger, prefix=step.ccache)
    assignments = [f"CC={launchers.cc}", f"CXX={launchers.cxx}", *(f"{v.name}={v.value}" for v in step.variables)]
    environment = _environment(step)
    wanted = objects.planned(step.make, step.tree, step.objects, assignments, environment)
    history = ledger.read(step.ledger)
    swept = resume.sweep(step.tree, history, finished=False)
    if swept.removed or swept.kept:
        text = f"going on with {swept.kept} whole objects; {len(swept.removed)} files were not proven whole"
        context.watch(Message(id=step.id, text=text))
    costs = {name: e.end - e.start for name, e in history.finished.items()}
    jobs, retried = step.jobs, False
    while True:
        watch = CompileWatch(step, wanted, costs, since=began, jobs=jobs, emit=context.watch)
        command = [step.make, "-C", step.tree, f"-j{jobs}", step.target, *assignments]
        mark = os.path.getsize(step.log) if os.path.exists(step.log) else 0
        with watch:
            code = run_logged(
                command,
                env=environment,
                cwd=step.tree,
                log=step.log,
                on_line=lambda text: context.watch(Line(id=step.id, text=text)),
                on_start=watch.follow,
                keep_open=context.keep_open,
            )
        if code == 0:
            break
        failure = makelog.first_error(step.log, mark)
        if failure.memory and jobs > 1 and not retried:
            jobs, retried = max(1, jobs // 2), True
            text = f"{failure.headline}: memory ran out; going on with {jobs} job{'s' * (jobs > 1)}"
            context.watch(Message(id=step.id, text=text, level="warning"))
            resume.sweep(step.tree, ledger.read(step.ledger), finished=False)
            continue
        raise BuildError(
            failure.headline,
            details=[*failure.lines, f"log: {step.log}"],
            remedy=failure.remedy or "run the same command again: it goes on where it was",
        )
    library = f"{step.tree}/{step.library}"
    if not resume.whole_elf(library):
        raise BuildError(f"make ended well, but {library} is no whole library", details=[f"log: {step.log}"])
    compiled = watch.compiled
    stat = os.stat(library)
    return Outcome(
        id=step.id,
        status="done",
        seconds=time.monotonic() - started,
        detail=f"{len(wanted)} objects, {len(compiled)} compiled now, {stat.st_size / 1e6:.0f} MB",
        evidence={
            "library": library,
            "size": stat.st_size,
            "mtime_ns": stat.st_mtime_ns,
            "sha256": _sha256(library),
            "objects": len(wanted),
            "compiled": len(compiled),
            "cpu_seconds": round(sum(e.cpu for e in compiled), 1),
            "peak_memory": max((e.memory for e in compiled), default=0),
            "jobs": jobs,
        },
    )


def damage(step: Make, entry: JournalEntry) -> str:
    """Whether the library is the one that make left."""
    library = f"{step.tree}/{step.library}"
    try:
        stat = os.stat(library)
    except OSError:
        return f"{library} is gone"
    if (stat.st_size, stat.st_mtime_ns) != (entry.evidence.get("size"), entry.evidence.get("mtime_ns")):
        return f"{library} was changed"
    return ""


def _environment(step: Make) -> dict[str, str]:
    """make's whole environment: the plan's, our pkg-config aliases in front, ccache's settings where it is used."""
    environment = dict(step.environment)
    if step.aliases:
        directory = f"{os.path.dirname(step.ledger)}/pkgconfig"
        os.makedirs(directory, exist_ok=True)
        for alias, module in step.aliases.items():
            code, version, _ = output(["pkg-config", "--modversion", module], env=environment, cwd="/")
            text = f"Name: {alias}\nDescription: {module} under its old name\nVersion: {version.strip() or '0'}\n"
            if code != 0:
                raise BuildError(f"pkg-config does not know {module}")
            Path(directory, f"{alias}.pc").write_text(f"{text}Requires: {module}\n")
        environment["PKG_CONFIG_PATH"] = directory
    if step.ccache:
        environment |= {
            "CCACHE_DIR": step.ccache_directory,
            "CCACHE_BASEDIR": step.tree,
            "CCACHE_NOHASHDIR": "1",
            "CCACHE_COMPILERCHECK": "content",
            "CCACHE_MAXSIZE": "10G",
        }
    return environment


def _sha256(path: str) -> str:
    with open(path, "rb") as file:
        digest = hashlib.sha256()
        while chunk := file.read(1 << 20):
            digest.update(chunk)
    return digest.hexdigest()
