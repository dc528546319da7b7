"""Machines with GPUs, drivers and toolkits made of whole cloth."""

from typing import Any

import msgspec

from mxbuild.model import CudaLibrary, Driver, Gpu, Host, Toolkit
from tests.machines import CLASSIC, LIB, bookworm, compiler, python

PARTS = ("cudart", "cublas", "cublasLt", "cufft", "curand", "cusolver", "cusparse", "nvrtc", "nvToolsExt")
CARDS = {
    "3.7": "Tesla K80", "6.1": "GeForce GTX 1080", "7.0": "Tesla V100-SXM2-16GB", "7.5": "Tesla T4",
    "8.0": "NVIDIA A100-SXM4-40GB", "8.6": "NVIDIA GeForce RTX 3090", "8.9": "NVIDIA L4", "9.0": "NVIDIA H100",
    "10.0": "NVIDIA GB200", "12.0": "NVIDIA GeForce RTX 5090",
}  # fmt: skip
DIRECTORY = "/home/user/.cache/mxbuild/cuda"


def gpu(capability: str, bus: int = 1) -> Gpu:
    return Gpu(
        name=CARDS.get(capability, "NVIDIA GPU"), capability=capability, memory=16 << 30, bus=f"0000:{bus:02x}:00.0",
        source="NVML",
    )  # fmt: skip


def driver(version: str, cuda: str = "", *, usable: bool = True) -> Driver:
    return Driver(version=version, cuda=cuda, usable=usable, source="NVML")


def toolkit(version: str, root: str = "", **changes: Any) -> Toolkit:
    where = root or f"/usr/local/cuda-{'.'.join(version.split('.')[:2])}"
    whole = Toolkit(
        version=version, root=where, nvcc=f"{where}/bin/nvcc", layout="nvidia", include=f"{where}/include",
        libraries=f"{where}/lib64", stubs=f"{where}/lib64/stubs", parts=PARTS, gcc="", found="/usr/local/cuda-*",
        source=f"{where}/bin/nvcc --version",
    )  # fmt: skip
    return msgspec.structs.replace(whole, **changes)


def cudnn(version: str, library_version: str | None = None, prefix: str = "") -> CudaLibrary:
    header = f"{prefix or '/usr'}/include/cudnn.h"
    return CudaLibrary(
        name="cudnn", version=version, library_version=version if library_version is None else library_version,
        header=header, library=f"{prefix}/lib/libcudnn.so" if prefix else f"{LIB}/libcudnn.so", source=header,
    )  # fmt: skip


def machine(release: str = "22.04", **changes: Any) -> Host:
    """A machine with Ubuntu, its own g++ and the classic packages."""
    known = {
        "16.04": ("xenial", "5.4.0", "3.5.2", "2.23"), "18.04": ("bionic", "7.5.0", "3.6.9", "2.27"),
        "20.04": ("focal", "9.4.0", "3.8.10", "2.31"), "22.04": ("jammy", "11.4.0", "3.10.12", "2.35"),
        "24.04": ("noble", "13.3.0", "3.12.3", "2.39"),
    }  # fmt: skip
    codename, gcc, interpreter, glibc = known[release]
    whole = bookworm()
    os = msgspec.structs.replace(
        whole.os, id="ubuntu", version=release, codename=codename, like=("debian",), pretty=f"Ubuntu {release}",
        libc=msgspec.structs.replace(whole.os.libc, value=glibc),
    )  # fmt: skip
    pythons = (python("3.10.12" if release == "16.04" else interpreter),)
    defaults = {"os": os, "compilers": (compiler(gcc),), "pythons": pythons, "packages": dict.fromkeys(CLASSIC, "1")}
    return bookworm(**{**defaults, **changes})
