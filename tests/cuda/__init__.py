"""A stand-in for a CUDA toolkit, so that the whole GPU path goes where there is no nvcc.

`nvcc` compiles a .cu with the host's compiler, kernels become functions that run thread by thread on the CPU, and the
object gets the device code of a recorded, real one. `libcudart` is host memory under CUDA's names. What is left out is
what a GPU does; everything around it is as with the real one: two calls for each .cu, the host compiler below nvcc,
sections, libraries, run paths.
"""

import shutil
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).parent
EMPTY = 'RECORDED = ""\n'
RECORDED = HERE.parent / "execute/device/scale.fatbin"

CUDART = r"""
#include <stdlib.h>
#include <string.h>
int cudaMalloc(void **out, size_t size) { *out = malloc(size); return *out ? 0 : 2; }
int cudaFree(void *block) { free(block); return 0; }
int cudaMemcpy(void *to, const void *from, size_t size, int kind) { memmove(to, from, size); return 0; }
int cudaSetDevice(int device) { return device == 0 ? 0 : 101; }
int cudaGetLastError(void) { return 0; }
const char *cudaGetErrorString(int code) { return code == 101 ? "invalid device ordinal" : "some error"; }
"""


def toolkit(root: Path) -> Path:
    """A root with bin/nvcc, include/, lib64/ and lib64/stubs/."""
    (root / "bin").mkdir(parents=True)
    nvcc = root / "bin/nvcc"
    text = (HERE / "nvcc.py").read_text()
    assert EMPTY in text
    nvcc.write_text(f"#!{sys.executable} -IS\n" + text.replace(EMPTY, f"RECORDED = {str(RECORDED)!r}\n"))
    nvcc.chmod(0o755)
    shutil.copytree(HERE / "include", root / "include")
    for name in ("cublas", "curand"):
        shared(root / f"lib64/lib{name}.so", "", f"lib{name}.so.13")
    shared(root / "lib64/libcudart.so", CUDART, "libcudart.so.13")
    shared(root / "lib64/stubs/libcuda.so", "int cuDriverGetVersion(int *out) { return 34; }", "libcuda.so.1")
    return root


def shared(path: Path, source: str, soname: str) -> Path:
    """A shared library with a name as NVIDIA's have, and the link that -l takes."""
    path.parent.mkdir(parents=True, exist_ok=True)
    line = ["gcc", "-shared", "-fPIC", f"-Wl,-soname,{soname}", "-x", "c", "-", "-o", str(path.parent / soname)]
    subprocess.run(line, input=source.encode(), check=True)
    path.symlink_to(soname)
    return path
