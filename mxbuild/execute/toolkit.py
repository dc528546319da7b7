"""A CUDA toolkit put together from NVIDIA's packages on PyPI, aside, proved, then put in place in one rename.

The packages are made for running: their libraries have only the names that programs load (libcublas.so.13), there is
no lib64, and nothing stands for the driver's library. What a linker needs is added here.
"""

import errno
import os
import re
import shutil
import time
from collections.abc import Sequence
from pathlib import Path

import msgspec

from mxbuild import durable
from mxbuild.errors import BuildError
from mxbuild.execute import lock, pip, virtualenv
from mxbuild.execute.context import Context
from mxbuild.execute.scrub import for_checks
from mxbuild.foreign import decoded
from mxbuild.model import AssembleToolkit, JournalEntry, Line, Message, Outcome, Progress
from mxbuild.process import run_logged

INSIDE = "nvidia/cu[0-9]*"
"""Where the packages put the toolkit, below site-packages."""

MARKER = ".mxbuild.json"

NEED = 2.7
"""Bytes of disk for each byte to download: the wheels, and beside them what they hold (1.28 and 2.03 GB for 13.0)."""

VERSIONED = re.compile(r"(lib.+\.so)\.[\d.]+")
RELEASE = re.compile(r"release (\d+\.\d+)")
FUNCTION = re.compile(r"\bcu[A-Z]\w*")

STUB = "int {}(void) {{ return 34; }}\n"
"""34: CUDA_ERROR_STUB_LIBRARY. Each function is there, since `--as-needed` drops a library that gives nothing."""

PROBE = "__global__ void probe(float *x) { x[threadIdx.x] *= 2; }\n"


class Contents(msgspec.Struct, frozen=True):
    """What the marker says: written last, so what has it is whole."""

    packages: tuple[str, ...]
    files: int
    size: int
    """Bytes in all files together."""


def run(step: AssembleToolkit, context: Context) -> Outcome:
    """Put it together, or find that another build did.

    Raises:
        BuildError: a package cannot be had or is not what its pin says, the disk is full, or what came of it cannot
            compile.
    """
    started = time.monotonic()

    def waiting(holder: str) -> None:
        context.watch(Message(id=step.id, text=f"waiting for another mxbuild on the same toolkit ({holder})"))

    partial = f"{step.root}.partial"
    try:
        os.makedirs(os.path.dirname(step.log), exist_ok=True)
        with lock.held(f"{step.root}.lock", waiting):
            _remove(partial)
            there = _wrong(step) == ""
            if not there:
                _remove(step.root)
                _room(step)
                os.mkdir(partial)
                _prove(step, made := _assemble(step, partial, context), partial, context)
                _mark(step, made)
                durable.rename(made, step.root)
                _remove(partial)
            contents = _look(step.root, step.bundle.packages)
    except OSError as error:
        full = error.errno in (errno.ENOSPC, errno.EDQUOT)
        what = "the disk is full" if full else f"{error.filename or step.root}: {error.strerror}"
        raise BuildError(
            f"the CUDA toolkit cannot be put together: {what}",
            remedy=f"make room for {_gigabytes(step)} in {os.path.dirname(step.root)}" if full else None,
        ) from error
    count = len(step.bundle.packages)
    context.watch(Progress(id=step.id, done=count, total=count, unit="packages", text=step.root))
    return Outcome(
        id=step.id,
        status="done",
        seconds=time.monotonic() - started,
        detail=f"{count} packages, {contents.size / 1e9:.1f} GB" + ", there already" * there,
        evidence={"root": step.root, "files": contents.files, "size": contents.size},
    )


def damage(step: AssembleToolkit, entry: JournalEntry) -> str:  # noqa: ARG001
    """Whether the toolkit is there with every file of the pinned packages; all builds share it."""
    return _wrong(step)


def _wrong(step: AssembleToolkit) -> str:
    try:
        marked = decoded(Path(step.root, MARKER).read_bytes(), Contents)
    except FileNotFoundError:
        return f"{step.root} is gone, or not whole"
    except (OSError, ValueError):
        return f"{step.root}/{MARKER} cannot be read"
    if marked.packages != step.bundle.packages:
        return f"{step.root} was made of other packages"
    return "" if _look(step.root, marked.packages) == marked else f"files in {step.root} were changed"


def _look(root: str, packages: Sequence[str]) -> Contents:
    files = size = 0
    for directory, _, names in os.walk(root):
        for name in names:
            if directory == root and name == MARKER:
                continue
            files += 1
            size += os.lstat(os.path.join(directory, name)).st_size
    return Contents(packages=tuple(packages), files=files, size=size)


def _remove(path: str) -> None:
    """The marker first: what is half removed must not look whole."""
    if os.path.islink(path):
        os.unlink(path)
    elif os.path.lexists(path):
        Path(path, MARKER).unlink(missing_ok=True)
        shutil.rmtree(path)


def _room(step: AssembleToolkit) -> None:
    place = os.path.dirname(step.root)
    free = shutil.disk_usage(place).free
    if free < step.bundle.size * NEED:
        raise BuildError(
            f"CUDA {step.bundle.version} needs {_gigabytes(step)} in {place}, where {free / 1e9:.1f} GB are free",
            remedy="free some space, or name another disk in MXBUILD_CACHE_DIR",
        )


def _gigabytes(step: AssembleToolkit) -> str:
    return f"{step.bundle.size * NEED / 1e9:.1f} GB"


def _assemble(step: AssembleToolkit, partial: str, context: Context) -> str:
    """The directory that will be the toolkit's root, with all that a linker needs.

    An environment of its own brings a pip of its own, whatever the interpreter lacks.
    """
    environment = f"{partial}/environment"
    virtualenv.create(environment, step, context)
    pip.Pip(step, environment, context, step.find_links).install_pinned(step.bundle.packages)
    _, places = virtualenv.ask(environment, context)
    roots = sorted({os.path.realpath(found) for place in places for found in Path(place).glob(INSIDE)})
    if len(roots) != 1 or not os.path.isdir(f"{roots[0]}/lib"):
        raise BuildError(f"NVIDIA's packages hold no one toolkit: {', '.join(roots) or 'nothing'} in {INSIDE}")
    root = roots[0]
    context.watch(Line(id=step.id, text=f"links and a stub in {root}"))
    for name in sorted(os.listdir(f"{root}/lib")):
        if (found := VERSIONED.fullmatch(name)) and not os.path.lexists(f"{root}/lib/{found[1]}"):
            os.symlink(name, f"{root}/lib/{found[1]}")
    if not os.path.lexists(f"{root}/lib64"):  # nvcc.profile names lib64, as do the Makefiles
        os.symlink("lib", f"{root}/lib64")
    for program in (*Path(root, "bin").glob("*"), *Path(root, "nvvm/bin").glob("*")):
        if program.is_file():  # as unpacked they are for their owner alone
            program.chmod(0o755)
    _stub(step, root, partial, context)
    return root


def _stub(step: AssembleToolkit, root: str, partial: str, context: Context) -> None:
    """A libcuda.so that gives every function of cuda.h and does nothing: to link against, never to load."""
    os.makedirs(f"{root}/lib/stubs", exist_ok=True)
    header = Path(root, "include/cuda.h")
    functions = sorted(set(FUNCTION.findall(header.read_text("utf-8", "replace")))) if header.is_file() else []
    code = f"{partial}/stub.c"
    Path(code).write_text("".join(STUB.format(name) for name in functions))
    library = f"{root}/lib/stubs/libcuda.so"
    command = [step.cc, "-shared", "-fPIC", "-w", "-Wl,-soname,libcuda.so.1", "-o", library, code]
    _run(command, "the stub of the driver's library cannot be compiled", step, partial, context)


def _prove(step: AssembleToolkit, root: str, partial: str, context: Context) -> None:
    """Every library is there; its nvcc is of the release, and compiles with this compiler and this C library.

    Raises:
        BuildError: all that is missing, or what nvcc says.
    """
    nvcc, release = f"{root}/bin/nvcc", ".".join(step.bundle.version.split(".")[:2])
    wanted = ("bin/nvcc", "include/cuda.h", *(f"lib64/lib{part}.so" for part in step.parts))
    if missing := [name for name in wanted if not os.path.isfile(f"{root}/{name}")]:
        raise BuildError(f"NVIDIA's packages for CUDA {step.bundle.version} lack {', '.join(missing)}")
    said = _run([nvcc, "--version"], "the nvcc of NVIDIA's packages does not run", step, partial, context)
    found = RELEASE.search("\n".join(said))
    if found is None or found[1] != release:
        raise BuildError(f"{nvcc} is of CUDA {found[1] if found else 'nobody knows what'}, not {release}")
    Path(partial, "probe.cu").write_text(PROBE)
    command = [nvcc, "-ccbin", step.cc, "-c", f"{partial}/probe.cu", "-o", f"{partial}/probe.o"]
    _run(command, f"the toolkit's nvcc cannot compile with {step.cc} on this system", step, partial, context)


def _run(command: Sequence[str], failure: str, step: AssembleToolkit, partial: str, context: Context) -> list[str]:
    """What it says; nothing of the caller's variables but PATH bends a compiler."""
    said: list[str] = []
    environment = for_checks(context.environ, partial) | {"TMPDIR": partial}
    try:
        code = run_logged(command, env=environment, cwd=partial, log=step.log, on_line=said.append)
    except OSError as error:
        raise BuildError(f"{failure}: {command[0]}: {error.strerror}") from error
    if code != 0:
        raise BuildError(failure, details=[*said[-5:], f"log: {step.log}"])
    return said


def _mark(step: AssembleToolkit, root: str) -> None:
    durable.write(f"{root}/{MARKER}", msgspec.json.encode(_look(root, step.bundle.packages)))
