"""What a library shows of its device code without running it: for which GPUs, and where CUDA's libraries come from."""

import os
import re
import shutil
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

from mxbuild import durable
from mxbuild.errors import VerificationError
from mxbuild.execute import elf, fatbin
from mxbuild.execute.evidence import failed, passed
from mxbuild.execute.loader import Resolution, expanded
from mxbuild.model import CheckResult, DeviceCheck
from mxbuild.process import output

DRIVER = "libcuda.so.1"
NO_DRIVER = f"{DRIVER} comes with the driver, which this machine does not have"
NO_GPU = "no GPU on this machine"
STAND_IN = "with a stub in place of the driver"

CUDA = re.compile(r"lib(cuda|cudart|cublas|cublasLt|cudnn|cufft|curand|cusolver|cusparse|nvrtc|nvJitLink|nccl)\.so.*")
"""What a library of ours can need of CUDA."""

DRIVERS_OWN = re.compile(r"cu[A-Z]\w*")
"""Functions of the driver's interface: cuInit; the libraries' begin otherwise (cublasCreate, cudaMalloc)."""

NO_DEVICE = 100
"""CUDA_ERROR_NO_DEVICE (cuda.h): the only true answer."""


def architectures(path: str, check: DeviceCheck) -> CheckResult:
    """Whether every part of the device code has what was asked for; what is there beyond that is named."""
    try:
        code = fatbin.read(path)
    except (OSError, ValueError) as error:
        return failed("architectures", str(error))
    if not code.containers:
        return failed("architectures", f"expected {wanted(check.sass, check.ptx)}, but the library has no device code")
    lacking = []
    for word, asked, parts in (
        ("sm_", check.sass, [c.sass for c in code.containers]),
        ("PTX ", (check.ptx,) if check.ptx else (), [c.ptx for c in code.containers]),
    ):
        for capability in asked:
            if without := sum(capability not in part for part in parts):
                name = _named(word, capability)
                lacking.append(f"{name} is missing in {without} of {_counted(len(parts), 'part')}")
    if lacking:
        seen = wanted(code.sass, *code.ptx)
        return failed("architectures", f"{', '.join(lacking)}; the library has {seen}")
    more = [_named("sm_", c) for c in code.sass if c not in check.sass]
    more += [_named("PTX ", c) for c in code.ptx if c != check.ptx]
    text = f"{wanted(check.sass, check.ptx)} in each of {_counted(len(code.containers), 'part')}"
    return passed("architectures", text + (f", not asked for: {', '.join(more)}" if more else ""))


def wanted(sass: Sequence[str], *ptx: str) -> str:
    """`sm_70, sm_86, PTX 8.6`."""
    return ", ".join([*(_named("sm_", c) for c in sass), *(_named("PTX ", c) for c in ptx if c)]) or "nothing"


def run_path(path: str, facts: elf.Dynamic, resolution: Resolution, check: DeviceCheck) -> CheckResult:
    """Whether the run path leads to real libraries and never to a stub, which would be found first and do nothing."""
    directories = expanded((*facts.rpath, *facts.runpath), path)
    if stubs := [d for d in directories if _stub(d, check.forbidden)]:
        return failed("run_path", f"{', '.join(stubs)} has stubs to link against, and is in the run path")
    needed = [name for name in facts.needed if CUDA.fullmatch(name)]
    wrong = [f"{n} is a stub: {p}" for n, p in resolution.found.items() if _stub(os.path.dirname(p), check.forbidden)]
    wrong += [f"{n} is not found" for n in needed if n not in resolution.found and n not in absent(check)]
    if wrong:
        return failed("run_path", "; ".join(wrong))
    there = [name for name in needed if name in resolution.found]
    own = ", ".join((*facts.rpath, *facts.runpath)) or "empty"
    text = f"{own}; {_counted(len(there), 'file')} of CUDA found, none a stub"
    missing = [NO_DRIVER] if DRIVER in needed and DRIVER not in resolution.found else []
    return passed("run_path", "; ".join([text, *missing]))


def absent(check: DeviceCheck | None) -> frozenset[str]:
    """Libraries that need not be here."""
    return frozenset() if check is None or check.driver else frozenset({DRIVER})


def not_run(name: str) -> CheckResult:
    """A check that this machine cannot make: neither passed nor failed."""
    return CheckResult(name=name, status="not run", detail=NO_GPU, expected=True)


@contextmanager
def stand_in(check: DeviceCheck | None, facts: elf.ElfFacts | None, environ: Mapping[str, str]) -> Iterator[str]:
    """A directory with a libcuda.so.1 without a GPU, while the CPU's side is checked; "" where none is due.

    It defines what the library takes of the driver, because a linker told to bind at once (Ubuntu's is) looks for all.

    Raises:
        VerificationError: no C compiler makes it.
    """
    if check is None or check.driver or facts is None or DRIVER not in facts.dynamic.needed:
        yield ""
        return
    with durable.scratch("driver") as directory:
        names = sorted(name for name in facts.undefined if DRIVERS_OWN.fullmatch(name))
        source = "".join(f"int {name}(void) {{ return {NO_DEVICE}; }}\n" for name in names or ["cuInit"])
        Path(directory, "driver.c").write_text(source)
        cc = next((found for name in ("cc", "gcc") if (found := shutil.which(name, path=environ.get("PATH")))), None)
        words = ["-w", "-shared", "-fPIC", "-nostdlib", f"-Wl,-soname,{DRIVER}", "-o", DRIVER, "driver.c"]
        code, _, complaint = output([cc, *words], env=environ, cwd=directory) if cc else (127, "", "there is none")
        if code != 0:
            raise VerificationError(
                f"{NO_DRIVER}, and no C compiler makes a stub of it for the checks",
                details=complaint.splitlines()[-5:],
                remedy="sudo apt-get install gcc",
            )
        yield directory


def _stub(directory: str, forbidden: Sequence[str]) -> bool:
    real = os.path.realpath(directory)
    return os.path.basename(real) == "stubs" or real in map(os.path.realpath, forbidden)


def _counted(count: int, word: str) -> str:
    return f"{count} {word}{'s' * (count != 1)}"


def _named(word: str, capability: str) -> str:
    return f"sm_{capability.replace('.', '')}" if word == "sm_" else f"{word}{capability}"
