"""Machines made of whole cloth, for tests of decisions; captured ones are in tests/hosts."""

from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

import msgspec

from mxbuild import toml
from mxbuild.detect import parse
from mxbuild.model import (
    Apt,
    Compiler,
    Cpu,
    Disk,
    Fact,
    Host,
    Library,
    Memory,
    Os,
    Python,
    Surroundings,
    Tool,
)
from mxbuild.recipe.load import load
from mxbuild.recipe.model import Recipe
from tests.hosts.make_hosts import HERE, names

RECIPES = Path(__file__).parents[1] / "recipes"
GPU_MACHINES = names("gpu-machine")
"""Captured machines with NVIDIA's hardware or software."""
GIB = 1 << 30
ZEN3 = parse.fields(toml.loads((HERE / "machines.toml").read_text())["cpu"]["zen3"])["flags"]
"""Features of bookworm's processor."""
LIB = "/usr/lib/x86_64-linux-gnu"

CLASSIC = (
    "build-essential", "pkg-config", "git", "ca-certificates", "python3-dev", "python3-venv", "python3-pip",
    "libopenblas-dev", "liblapack-dev", "libopencv-dev", "graphviz",
)  # fmt: skip


@cache
def recipe(name: str = "mxnet-0.12.1") -> Recipe:
    return load(RECIPES / f"{name}.toml")


def library(name: str, version: str, provider: str = "", directory: str = LIB, pkg_config: str = "") -> Library:
    file = f"{directory}/lib{name}.so"
    return Library(
        name=name, provider=provider or name, version=version, header=f"/usr/include/{name}.h", library=file,
        directory=directory, real=file, pkg_config=pkg_config, source=f"{directory}/pkgconfig/{name}.pc",
    )  # fmt: skip


def compiler(version: str, suffix: str = "") -> Compiler:
    return Compiler(
        cxx=f"/usr/bin/g++{suffix}", cc=f"/usr/bin/gcc{suffix}", family="gcc", version=version,
        target="x86_64-linux-gnu", source=f"g++{suffix} -dumpfullversion",
    )  # fmt: skip


def python(version: str, path: str = "", *, venv: bool = True, system: bool = True) -> Python:
    minor = ".".join(version.split(".")[:2])
    return Python(
        path=path or f"/usr/bin/python{minor}", version=version, venv=venv, system=system, source=f"python{minor}"
    )


def tools(*names: str) -> dict[str, Tool]:
    versions = {"make": "4.3", "git": "2.39.5", "pkg-config": "1.8.1", "dot": "2.43.0", "ccache": "4.7.5"}
    versions |= {"cmake": "3.25.1", "protoc": "3.21.12"}
    return {n: Tool(name=n, path=f"/usr/bin/{n}", version=versions[n], source=f"{n} --version") for n in names}


def bookworm(**changes: Any) -> Host:
    """Debian 12 with the classic packages, 8 cores, 16 GiB."""
    whole = Host(
        os=Os(
            id="debian", version="12", codename="bookworm", like=(), pretty="Debian GNU/Linux 12 (bookworm)",
            source="/etc/os-release", arch=Fact("x86_64", "uname -m"), triplet="x86_64-linux-gnu",
            kernel=Fact("6.1.0", "/proc/sys/kernel/osrelease"), libc=Fact("2.36", "ldd --version"),
        ),
        cpu=Cpu(
            model=Fact("AMD EPYC", "/proc/cpuinfo"), microarchitecture=Fact("zen3", "archspec"),
            features=Fact(ZEN3, "/proc/cpuinfo"), online=Fact(8, "/sys"),
            affinity=Fact(8, "/proc/self/status"), quota=None,
        ),
        memory=Memory(total=Fact(16 * GIB, "/proc/meminfo"), available=Fact(15 * GIB, "/proc/meminfo"), limit=None),
        disks=(Disk(path="/", free=100 * GIB, total=200 * GIB, source="statvfs /"),),
        compilers=(compiler("12.2.0"),),
        tools=tools("make", "git", "pkg-config", "dot"),
        libraries={
            "blas": library("blas", "0.3.21", "openblas"),
            "lapack": library("lapack", "3.11.0", "reference"),
            "opencv": library("opencv", "4.6.0", pkg_config="opencv4"),
        },
        pythons=(python("3.11.2"),),
        apt=Apt(
            path="/usr/bin/apt-get", right="root", right_source="uid 0", interrupted=False, lock_holder="", lists=True,
            source="/usr/bin/apt-get",
        ),
        packages=dict.fromkeys(CLASSIC, "1"),
        surroundings=Surroundings(container=None, wsl=None, ci=None),
        environment={"HOME": "/home/user"},
        notes=(),
    )  # fmt: skip
    return msgspec.structs.replace(whole, **changes)


def bare(**changes: Any) -> Host:
    """Debian 12 as debootstrap leaves it, with a python3 that mxbuild runs on."""
    nothing: Mapping[str, Any] = {"compilers": (), "tools": {}, "libraries": {}, "packages": {}}
    return bookworm(**{**nothing, "pythons": (python("3.11.2", venv=False),), **changes})


def may(host: Host, right: str, path: str = "/usr/bin/apt-get") -> Host:
    """The same machine with another right to install packages."""
    why = {"root": "uid 0", "sudo": "sudo -n true", "none": "not root, and sudo -n true says no"}[right]
    return msgspec.structs.replace(
        host, apt=msgspec.structs.replace(host.apt, right=right, right_source=why, path=path)
    )  # type: ignore[arg-type, unused-ignore]
