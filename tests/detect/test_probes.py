"""The two programs that load NVIDIA's libraries, against libraries that answer, refuse, crash and hang."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from mxbuild.system import System

CC = shutil.which("cc")
needs_cc = pytest.mark.skipif(CC is None, reason="no C compiler to make a library with")

CUDA = """
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
int cuInit(unsigned f) { %s }
int cuDriverGetVersion(int *v) { *v = 12040; return 0; }
int cuDeviceGetCount(int *n) { *n = getenv("CUDA_VISIBLE_DEVICES") ? 0 : 2; return 0; }
int cuDeviceGet(int *d, int i) { *d = i; return 0; }
int cuDeviceGetName(char *s, int n, int d) { strncpy(s, d ? "Tesla T4" : "NVIDIA H200", n); return 0; }
int cuDeviceGetAttribute(int *v, int a, int d) { *v = a == 75 ? (d ? 7 : 9) : (d ? 5 : 0); return 0; }
int cuDeviceTotalMem_v2(size_t *m, int d) { *m = (size_t)(d + 1) << 34; return 0; }
int cuDeviceGetPCIBusId(char *s, int n, int d) { strncpy(s, d ? "0000:65:00.0" : "0000:3B:00.0", n); return 0; }
"""

NVML = """
#include <string.h>
typedef struct { unsigned long long total, free, used; } memory;
typedef struct { char old[16]; unsigned domain, bus, device, id, subsystem; char bus_id[32]; } pci;
int nvmlInitWithFlags(unsigned f) { return %s; }
int nvmlInit_v2(void) { return %s; }
const char *nvmlErrorString(int e) { return e == 9 ? "Driver Not Loaded" : "strange"; }
int nvmlSystemGetDriverVersion(char *s, unsigned n) { strncpy(s, "384.145", n); return 0; }
int nvmlDeviceGetCount_v2(unsigned *n) { *n = 1; return 0; }
int nvmlDeviceGetHandleByIndex_v2(unsigned i, void **h) { *h = (void *)8; return 0; }
int nvmlDeviceGetName(void *h, char *s, unsigned n) { strncpy(s, "Tesla V100-SXM2-16GB", n); return 0; }
int nvmlDeviceGetMemoryInfo(void *h, memory *m) { m->total = 1ull << 34; return 0; }
int nvmlDeviceGetPciInfo_v3(void *h, pci *p) { strcpy(p->bus_id, "00000000:3B:00.0"); return 0; }
"""
"""As old as a driver can be that has Volta: it knows neither a compute capability nor the CUDA that it supports."""


def library(directory: Path, name: str, source: str) -> System:
    """A system whose loader finds the library first."""
    (directory / "library.c").write_text(source)
    assert CC is not None
    command = [CC, "-shared", "-fPIC", "-w", "-o", str(directory / name), str(directory / "library.c")]
    subprocess.run(command, check=True)
    return System(environ={**os.environ, "LD_LIBRARY_PATH": str(directory), "CUDA_VISIBLE_DEVICES": "-1"})


@needs_cc
def test_libcuda_tells_all_gpus_whatever_the_caller_lets_programs_see(tmp_path: Path) -> None:
    answer = library(tmp_path, "libcuda.so.1", CUDA % "return 0;").run(["mxbuild-libcuda"])
    assert answer is not None
    assert (answer.code, answer.stderr) == (0, "")
    assert json.loads(answer.stdout) == {
        "cuda": 12040,
        "gpus": [
            {"name": "NVIDIA H200", "capability": [9, 0], "memory": 1 << 34, "bus": "0000:3B:00.0"},
            {"name": "Tesla T4", "capability": [7, 5], "memory": 1 << 35, "bus": "0000:65:00.0"},
        ],
    }


@needs_cc
def test_libcuda_refuses(tmp_path: Path) -> None:
    answer = library(tmp_path, "libcuda.so.1", CUDA % "return 100;").run(["mxbuild-libcuda"])
    assert answer is not None
    assert (answer.code, json.loads(answer.stdout)) == (1, {"error": "cuInit: 100"})


@needs_cc
def test_libcuda_crashes(tmp_path: Path) -> None:
    answer = library(tmp_path, "libcuda.so.1", CUDA % "abort();").run(["mxbuild-libcuda"])
    assert answer is not None
    assert (answer.code, answer.stdout) == (-6, "")


@needs_cc
def test_libcuda_hangs(tmp_path: Path) -> None:
    system = library(tmp_path, "libcuda.so.1", CUDA % "pause(); return 0;")
    assert system.run(["mxbuild-libcuda"], timeout=0.5) is None


@needs_cc
@pytest.mark.skipif(not any((Path(p) / "pynvml.py").exists() for p in sys.path), reason="nvidia-ml-py is not here")
@pytest.mark.parametrize(
    ("code", "told"),
    [
        (
            0,
            {
                "driver": "384.145",
                "cuda": 0,
                "gpus": [
                    {"name": "Tesla V100-SXM2-16GB", "capability": None, "memory": 1 << 34, "bus": "00000000:3B:00.0"}
                ],
            },
        ),
        (9, {"error": "Driver Not Loaded"}),
    ],
)
def test_nvml(tmp_path: Path, code: int, told: dict[str, object]) -> None:
    answer = library(tmp_path, "libnvidia-ml.so.1", NVML % (code, code)).run(["mxbuild-nvml"])
    assert answer is not None
    assert (answer.code, answer.stderr) == (1 if code else 0, "")
    assert json.loads(answer.stdout) == told


@pytest.mark.parametrize("name", ["nvml", "libcuda"])
def test_on_any_machine_they_answer_one_line_of_json(name: str) -> None:
    answer = System().run([f"mxbuild-{name}"])
    assert answer is not None
    assert answer.stdout.count("\n") == 1
    assert {"gpus", "error"} & set(json.loads(answer.stdout))


def test_a_recorded_answer_is_taken_for_the_probe() -> None:
    assert System("/", {}, {}).run(["mxbuild-nvml"]) is None
