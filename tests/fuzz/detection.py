"""What the machine's files and programs say."""

import atexit
import os
import shutil
import tempfile
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import Any, TypeVar
from unittest import mock

from mxbuild.detect import (
    apt,
    compilers,
    cpu,
    cuda_libraries,
    detect,
    dpkg,
    gpus,
    libraries,
    memory,
    operating_system,
    pkgconfig,
    pythons,
    surroundings,
    toolkits,
    tools,
)
from mxbuild.model import Note
from mxbuild.system import System
from tests.fuzz.target import Memory, Target, joined, text, texts

T = TypeVar("T")

HOSTS = Path(__file__).parent.parent / "hosts"
SCRATCH = Path(tempfile.mkdtemp(prefix="mxbuild-fuzz-", dir="/dev/shm" if os.path.isdir("/dev/shm") else None))
atexit.register(shutil.rmtree, SCRATCH, ignore_errors=True)
"""For what only reads files; a name of its own for each process."""


def recorded(host: str, path: str) -> bytes:
    return (HOSTS / host / "root" / path.lstrip("/")).read_bytes()


def written(data: bytes, name: str) -> Path:
    path = SCRATCH / name
    try:
        path.write_bytes(data)
    except FileNotFoundError:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
    return path


def looks(look: Callable[..., object], *paths: str, **answers: str) -> Callable[[bytes], object]:
    """A probe that reads the case's parts in files of these names; commands say the last part."""

    def run(data: bytes) -> object:
        parts = texts(data, len(paths) + 1)
        system = Memory(dict(zip(paths, parts, strict=False)), {"*": parts[-1]}, **answers)
        return look(system)

    return run


def _release(data: bytes) -> object:
    root = SCRATCH / "release"
    written(data, "release/etc/os-release")
    return operating_system.look(System(str(root), {}, {}), lambda lines: [None for _ in lines], [])


class Inline(ThreadPoolExecutor):
    """Does it at once: threads that wait for nothing take most of such a case's time."""

    def submit(self, fn: Callable[..., T], /, *args: Any, **kwargs: Any) -> "Future[T]":
        done = Future[T]()
        done.set_result(fn(*args, **kwargs))
        return done


def _captured(data: bytes) -> object:
    written(data, "captured/commands.toml")
    with mock.patch("mxbuild.detect.ThreadPoolExecutor", Inline):
        return detect(System.captured(SCRATCH / "captured"))


def _locks(data: bytes) -> object:
    path = written(b"", "lock")
    table = text(data).replace("INODE", str(path.stat().st_ino))
    return Memory({"/proc/locks": table}).listed_lock(str(path))


def _disk(data: bytes) -> object:
    return Memory({}, {"df*": text(data)}).disk("/"), Memory({}, {"fuser*": text(data)}).lock_holder("/x")


def _notes(look: Callable[..., Any]) -> Callable[[Memory], object]:
    return lambda system: look(system, system.ask, list[Note]())


PROC = (
    "/proc/cpuinfo",
    "/sys/devices/system/cpu/online",
    "/proc/self/status",
    "/proc/self/mounts",
    "/proc/self/cgroup",
)
GROUP = "/sys/fs/cgroup/user.slice"
MEMORY = ("/proc/meminfo", "/proc/self/mounts", "/proc/self/cgroup", f"{GROUP}/memory.max", f"{GROUP}/memory.current",
          f"{GROUP}/memory.stat", f"{GROUP}/cpu.max")  # fmt: skip
MOUNTS = "cgroup2 /sys/fs/cgroup cgroup2 rw,nosuid 0 0\ncgroup /sys/fs/cgroup/cpu cgroup rw,cpu,cpuacct 0 0\n"
GROUPS = "0::/user.slice\n4:cpu,cpuacct:/user.slice\n5:memory:/user.slice\n"
STATUS = "Name:\tpython\nUid:\t1000\t1000\t1000\t1000\nCpus_allowed_list:\t0-3\n"
BIN = tuple(f"/usr/bin/{name}" for name in ("g++", "g++-12", "clang++", "gcc", "gcc-12", "clang"))
PROGRAMS = ("/usr/bin/make", "/usr/bin/git", "/usr/bin/ccache", "/usr/bin/pkg-config", "/usr/bin/dot", "/usr/bin/cmake",
            "/usr/bin/protoc", "/usr/bin/distcc")  # fmt: skip
CUDA = "/usr/local/cuda"
TOOLKIT = (f"{CUDA}/version.json", f"{CUDA}/version.txt", f"{CUDA}/include/cuda.h", f"{CUDA}/include/crt/host_config.h",
           f"{CUDA}/bin/nvcc", "/usr/bin/nvcc", f"{CUDA}/lib64/libcudart.so")  # fmt: skip
CUDNN = ("/usr/include/cudnn.h", "/usr/include/cudnn_version.h", "/usr/include/cudnn_v9.h", "/usr/include/nccl.h",
         "/usr/lib/libcudnn.so.8.9.2", "/usr/lib/libnccl.so")  # fmt: skip
LIBRARIES = ("/usr/lib/pkgconfig/opencv4.pc", "/usr/lib/pkgconfig/openblas.pc", "/usr/include/openblas_config.h",
             "/usr/include/jemalloc/jemalloc.h", "/usr/lib/libopenblas.so", "/usr/include/cblas.h",
             "/usr/lib/liblapack.a", "/usr/lib/libjemalloc.so", "/usr/lib/libopencv_core.so",
             "/usr/include/opencv2/opencv.hpp", "/usr/lib/libzmq.so", "/usr/include/zmq.h")  # fmt: skip
PC = "prefix=/usr\nlibdir=${prefix}/lib\nName: x\nVersion: 4.6.0\nLibs: -L${libdir} -lx\nCflags: -I${prefix}/include\n"
PYTHONS = ("/home/user/.pyenv/version", "/usr/pyvenv.cfg", "/usr/include/python3.11/patchlevel.h", "/usr/bin/python3",
           "/usr/bin/python3.11", "/home/user/.pyenv/versions/3.8.1/bin/python3")  # fmt: skip
GPU = "/sys/bus/pci/devices/0000:65:00.0"
CARDS = ("/proc/driver/nvidia/version", "/sys/module/nvidia/version", "/proc/driver/nvidia/gpus/0000:65:00.0/information",
         f"{GPU}/class", f"{GPU}/vendor", f"{GPU}/device", "/etc/nv_tegra_release", "/proc/device-tree/compatible",
         "/proc/device-tree/model", "/dev/nvidiactl", "/usr/bin/nvidia-smi")  # fmt: skip
NVRM = "NVRM version: NVIDIA UNIX x86_64 Kernel Module  470.82.01  Wed Oct 27 21:21:55 UTC 2021\n"
NVML = '{"driver": "550.54.14", "cuda": 12040, "gpus": [{"name": "H100", "capability": [9, 0], "memory": 85, "bus": "65"}]}'
CARD = (NVRM, "470.82.01\n", "Model: \t H100\nBus Location: \t 0000:65:00.0\n", "0x030200\n", "0x10de\n", "0x2330\n",
        "# R35 (release), REVISION: 4.1\n", "nvidia,p3701\0nvidia,tegra234\0", "Jetson AGX Orin\0", "", "")  # fmt: skip
SMI = "NVIDIA H100, 9.0, 81559, 00000000:65:00.0, 550.54.14\n"
COMMANDS = (HOSTS / "h100-ubuntu-22.04-cuda-12.4" / "commands.toml").read_bytes()

TARGETS = (
    Target(
        "os-release", _release, (recorded("debian-12", "/etc/os-release"), recorded("ubuntu-22.04", "/etc/os-release"))
    ),
    Target("uname, getconf", looks(_notes(operating_system.look)), (b"x86_64\n", b"glibc 2.36\n")),
    Target(
        "cpuinfo and what is allowed of it",
        looks(lambda s: (cpu.look(s, "x86_64", []), cpu.look(s, "aarch64", []), cpu.look(s, "ppc64le", [])), *PROC),
        (
            joined(recorded("debian-12", "/proc/cpuinfo"), "0-3\n", STATUS, MOUNTS, GROUPS),
            joined(recorded("aarch64-ubuntu-22.04", "/proc/cpuinfo"), "0-3,8\n", STATUS, MOUNTS, GROUPS),
        ),
    ),
    Target(
        "meminfo and control groups",
        looks(lambda s: (memory.look(s, []), cpu.look(s, "x86_64", [])), *MEMORY),
        (
            joined(
                recorded("debian-12", "/proc/meminfo"),
                MOUNTS,
                GROUPS,
                "max\n",
                "5\n",
                "inactive_file 7\n",
                "max 100000\n",
            ),
            joined("MemTotal: 8 kB\n", MOUNTS, GROUPS, "4096\n", "5\n", "inactive_file 7\n", "200000 100000\n"),
        ),
    ),
    Target(
        "dpkg's status",
        looks(lambda s: [dpkg.upstream(v) for v in dpkg.installed(s, []).values()], dpkg.STATUS),
        (recorded("debian-12-bare", dpkg.STATUS)[:6000], recorded("ubuntu-24.04", dpkg.STATUS)[:6000]),
    ),
    Target(
        "apt's state",
        looks(_notes(apt.look), "/proc/self/status", "/usr/bin/apt-get", "/usr/bin/sudo", "/var/lib/dpkg/updates/0001"),
        (joined(STATUS, "", "", "", "sudo: a password is required\n"),),
    ),
    Target(
        "/proc/locks",
        _locks,
        (b"1: POSIX  ADVISORY  WRITE 4711 fd:01:INODE 0 EOF\n", "1: A B WRITE ² a:INODE 0 EOF".encode()),
    ),
    Target("df and fuser", _disk, (b"Filesystem 1024-blocks Used Available\n- 100 50 50 - /\n", b" 4711\n")),
    Target(
        "compilers",
        looks(_notes(compilers.look), *BIN),
        (joined(*[""] * len(BIN), "12.2.0\n"), b"clang version 14.0.6\n"),
    ),
    Target(
        "versions of programs",
        looks(_notes(tools.look), *PROGRAMS),
        (joined(*[""] * len(PROGRAMS), "GNU Make 4.3\ngit version 2.39.5\nccache version 4.7.5\n1.8.1\n"),),
    ),
    Target(
        "pkg-config's files",
        lambda data: pkgconfig.find(Memory({"/p/x.pc": text(data)}), "x", ("/p",)),
        (PC.encode(), b"a=${a}${a}\nb=${a}${b}\nVersion: ${b}\\\n1\n"),
        (),
        (b"b=" + b"${1b=" * 13_000, b"a=" + b"x" * 4096 + b"\nb=" + b"${a}" * 15_000),
    ),
    Target(
        "libraries' headers",
        looks(
            lambda s: libraries.look(s, "x86_64-linux-gnu", {"libopenblas-dev": "0.3.21+ds-4", "libzmq3-dev": "4"}, []),
            *LIBRARIES,
        ),
        (joined(PC, PC, '#define OPENBLAS_VERSION " OpenBLAS 0.3.21 "\n', '#define JEMALLOC_VERSION "5.3.0_0"\n'),),
    ),
    Target(
        "Pythons",
        looks(lambda s: pythons.look(s, {}, s.ask, []), *PYTHONS),
        (joined("3.8\n", "home = /usr/bin\n", '#define PY_VERSION "3.11.2"\n', "", "", "", "cpython 3.11.2\n"),),
    ),
    Target(
        "GPUs and driver",
        looks(_notes(gpus.look), *CARDS),
        (joined(*CARD, SMI), joined(*CARD, NVML), joined(*CARD, '{"error": "Driver Not Loaded"}')),
    ),
    Target(
        "CUDA toolkits",
        looks(lambda s: toolkits.look(s, "x86_64-linux-gnu", s.ask, []), *TOOLKIT, environ={"CUDA_HOME": CUDA}),
        (
            joined(
                '{"cuda": {"version": "12.4.1"}}',
                "CUDA Version 9.0.176\n",
                "#define CUDA_VERSION 12040\n",
                "#if __GNUC__ > 13\n",
                "",
                "",
                "",
                "release 12.4, V12.4.131\n",
            ),
            joined(
                "",
                "",
                "#define CUDA_VERSION 8000\n",
                "#if __GNUC__ > 4 || (__GNUC__ == 4 && __GNUC_MINOR__ > 9)\n",
                "",
                "",
                "",
                "#$ TOP=/usr/local/cuda/bin/..\n",
            ),
        ),
    ),
    Target(
        "cuDNN and NCCL",
        looks(lambda s: cuda_libraries.look(s, "x86_64-linux-gnu", (), []), *CUDNN),
        (
            joined(
                "#define CUDNN_MAJOR 7\n#define CUDNN_MINOR 6\n#define CUDNN_PATCHLEVEL 5\n",
                "",
                "#define CUDNN_MAJOR 9\n",
                "#define NCCL_MAJOR 2\n#define NCCL_MINOR 18\n#define NCCL_PATCH 3\n",
            ),
        ),
    ),
    Target(
        "container and WSL",
        looks(
            lambda s: surroundings.look(s, s.ask),
            surroundings.INIT,
            "/proc/sys/kernel/osrelease",
            "/run/systemd/container",
        ),
        (joined("container=lxc\0", "5.15.153.1-microsoft-standard-WSL2\n", "podman\n"),),
    ),
    Target(
        "a captured machine",
        _captured,
        (COMMANDS[:4000], b"[environ]\nPATH = '/usr/bin'\n[[command]]\nrun = 'x'\n"),
        (OSError, ValueError),
    ),
)
