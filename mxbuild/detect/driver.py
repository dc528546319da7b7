"""NVIDIA's driver as the kernel's files show it, and whether its device nodes are here."""

import re

from mxbuild.detect import chips, parse
from mxbuild.detect.pci import bus
from mxbuild.model import Gpu
from mxbuild.system import System

VERSION = "/proc/driver/nvidia/version"
MODULE = "/sys/module/nvidia/version"
GPUS = "/proc/driver/nvidia/gpus"
NODES = ("/dev/nvidiactl", "/dev/dxg", "/dev/nvhost-gpu", "/dev/nvgpu")
"""The PCI driver's, WSL 2's, Jetson's older and newer. WSL has its node without an NVIDIA GPU too."""
JETSON = ("/etc/nv_tegra_release", "/proc/device-tree/compatible", "/proc/device-tree/model")


def version(system: System) -> tuple[str, str]:
    """(version, the file that says it) of the module that is loaded; ("", "") where none is.

    `NVRM version: NVIDIA UNIX x86_64 Kernel Module  470.82.01  Wed Oct 27 21:21:55 UTC 2021`, and since the open
    modules also `NVIDIA UNIX Open Kernel Module for x86_64  560.35.03  Release Build`.
    """
    text = system.read(VERSION)
    if text is not None:
        match = re.search(r"Kernel Module.*?\s([0-9]{2,5}(?:\.[0-9]{1,5}){1,3})\s", text[:4096] + "\n", re.ASCII)
        return (match[1] if match else ""), VERSION
    module = system.read(MODULE)
    return (parse.version(module, "^"), MODULE) if module is not None else ("", "")


def node(system: System) -> str:
    """The first device node that is here; "" where a container was given none."""
    return next((path for path in NODES if system.exists(path)), "")


def listed(system: System) -> tuple[Gpu, ...]:
    """The GPUs that the loaded driver lists: model and bus id, no more."""
    found = []
    for name in system.listdir(GPUS):
        path = f"{GPUS}/{name}/information"
        fields = parse.fields(system.read(path))
        if model := fields.get("Model", ""):
            where = bus(fields.get("Bus Location", "")) or bus(name)
            found.append(Gpu(name=model, capability="", memory=0, bus=where, source=path))
    return tuple(found)


def jetson(system: System) -> tuple[Gpu | None, str]:
    """(a Jetson's GPU, the CUDA that its Linux came with), by its files; (None, "") on other machines."""
    release, compatible, model = (system.read(path) for path in JETSON)
    words = (model or "").strip("\0\n ")
    capability = chips.of_tegra(compatible or "", words)
    if not capability or (release is None and "nvidia,tegra" not in (compatible or "")):
        return None, ""
    source = JETSON[1] if compatible else JETSON[2] if model else JETSON[0]
    major = parse.version(release, r"# R")  # "# R35 (release), REVISION: 4.1, GCID: 33958178, BOARD: t186ref"
    gpu = Gpu(name=words or "Tegra", capability=capability, memory=0, bus="", source=source)
    return gpu, chips.table().jetson_linux.get(major, "")
