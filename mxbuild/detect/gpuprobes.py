"""What NVIDIA's own libraries and nvidia-smi answer about GPUs and driver."""

import re
from typing import NamedTuple

import msgspec

from mxbuild.detect import parse
from mxbuild.detect.pci import bus
from mxbuild.detect.programs import Ask, find, said
from mxbuild.foreign import decoded
from mxbuild.model import Gpu
from mxbuild.system import Answer, System

SMI = ("name", "compute_cap", "memory.total", "pci.bus_id", "driver_version")
"""Fields that are asked of nvidia-smi; those of drivers before 510 do not know compute_cap."""
WSL = "/usr/lib/wsl/lib/nvidia-smi"
MIB = 1 << 20


class Said(NamedTuple):
    """What one probe answered."""

    gpus: tuple[Gpu, ...] = ()
    version: str = ""
    """The driver's."""
    cuda: str = ""
    source: str = ""
    refused: str = ""
    """Why there is no answer, in the library's or program's own words."""


class _Gpu(msgspec.Struct):
    name: str = ""
    capability: tuple[int, int] | None = None
    memory: int = 0
    bus: str = ""


class _Library(msgspec.Struct):
    """What mxbuild/detect/probes/ print."""

    driver: str = ""
    cuda: int = 0
    gpus: list[_Gpu] = []
    error: str = ""


def library(ask: Ask, name: str, source: str) -> Said:
    """What a library says, asked in a process of its own.

    Args:
        name: nvml or libcuda.
        source: what the user knows it as.
    """
    (answer,) = ask([[f"mxbuild-{name}"]])
    lines = answer.stdout.strip().splitlines() if answer else []
    try:
        told = decoded(lines[-1] if lines else "", _Library)
    except ValueError:
        return Said(source=source, refused="no answer" if answer is None else "an answer that is none")
    gpus = tuple(
        Gpu(
            name=gpu.name,
            capability=_capability(".".join(map(str, gpu.capability or ()))),
            memory=gpu.memory if 0 <= gpu.memory < parse.LARGEST else 0,
            bus=bus(gpu.bus),
            source=source,
        )
        for gpu in told.gpus
    )
    cuda = f"{told.cuda // 1000}.{told.cuda % 1000 // 10}" if 1000 <= told.cuda < 1_000_000 else ""
    return Said(gpus, parse.version(told.driver, "^"), cuda, source, told.error[:200])


def smi(system: System, ask: Ask) -> Said:
    """What nvidia-smi says; asked again without compute_cap where the driver is too old for that."""
    program = find(system, "nvidia-smi") or (WSL if system.executable(WSL) else "")
    if not program:
        return Said()
    answer: Answer | None = None
    fields: tuple[str, ...] = SMI
    line = [program]
    for fields in (SMI, tuple(field for field in SMI if field != "compute_cap")):
        line = [program, f"--query-gpu={','.join(fields)}", "--format=csv,noheader,nounits"]
        (answer,) = ask([line])
        if answer is None or answer.code == 0 or "compute_cap" not in answer.stdout + answer.stderr:
            break
    rows = [dict(zip(fields, (cell.strip() for cell in row.split(",")), strict=False)) for row in _rows(answer)]
    gpus = tuple(
        Gpu(
            name=row["name"],
            capability=_capability(row.get("compute_cap", "")),
            memory=(parse.number(row.get("memory.total")) or 0) * MIB,  # [N/A] where memory is the system's
            bus=bus(row.get("pci.bus_id", "")),
            source=" ".join(line),
        )
        for row in rows
        if len(row) == len(fields) and row["name"]
    )
    version = next((v for row in rows if (v := parse.version(row.get("driver_version"), "^"))), "")
    refused = "" if gpus or answer is None else " ".join((answer.stdout + answer.stderr).split())[:200]
    return Said(gpus, version, "", " ".join(line), refused)


def _rows(answer: Answer | None) -> list[str]:
    return [row for row in said(answer).splitlines() if row.count(",") >= len(SMI) - 2]


def _capability(text: str) -> str:
    """A compute capability in the form "8.6"; "" for anything else."""
    return text if re.fullmatch(r"[1-9][0-9]?\.[0-9]", text, re.ASCII) else ""
