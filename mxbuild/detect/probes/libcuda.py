"""Asks libcuda, the driver's own library, and prints what it says as JSON. A program of its own: it may hang or crash.

{"cuda": 12040, "gpus": [{"name": ..., "capability": [8, 7], "memory": ..., "bus": ...}]}
{"error": "cuInit: 100"}, with exit status 1
"""

import ctypes
import json
import os
import sys

PLACES = (
    *("libcuda.so.1", "/usr/lib/wsl/lib/libcuda.so.1", "/usr/lib/x86_64-linux-gnu/libcuda.so.1"),
    *("/usr/lib/aarch64-linux-gnu/tegra/libcuda.so.1", "/usr/lib64/nvidia/libcuda.so.1"),
)
"""The loader's own, WSL 2's, Debian's, Jetson's, Fedora's. Never a toolkit's stub: that one answers with errors."""

MAJOR, MINOR = 75, 76
"""CU_DEVICE_ATTRIBUTE_COMPUTE_CAPABILITY_MAJOR and _MINOR."""


def load(place: str) -> ctypes.CDLL | None:
    try:
        return ctypes.CDLL(place)
    except OSError:
        return None


def look(cuda: ctypes.CDLL, index: int) -> dict[str, object]:
    """One GPU; what is not answered stays empty."""
    device, major, minor, memory = ctypes.c_int(index), ctypes.c_int(), ctypes.c_int(), ctypes.c_size_t()
    name, bus = ctypes.create_string_buffer(256), ctypes.create_string_buffer(32)
    cuda.cuDeviceGet(ctypes.byref(device), index)
    cuda.cuDeviceGetName(name, len(name) - 1, device)
    cuda.cuDeviceGetAttribute(ctypes.byref(major), MAJOR, device)
    cuda.cuDeviceGetAttribute(ctypes.byref(minor), MINOR, device)
    cuda.cuDeviceTotalMem_v2(ctypes.byref(memory), device)
    cuda.cuDeviceGetPCIBusId(bus, len(bus) - 1, device)
    return {
        "name": name.value.decode("utf-8", "replace"),
        "capability": [major.value, minor.value] if major.value else None,
        "memory": memory.value,
        "bus": bus.value.decode("ascii", "replace"),
    }


def main() -> int:
    os.environ.pop("CUDA_VISIBLE_DEVICES", None)  # what is there, not what the caller lets programs see
    os.environ["CUDA_DEVICE_ORDER"] = "PCI_BUS_ID"
    cuda = next(filter(None, map(load, PLACES)), None)
    if cuda is None:
        print(json.dumps({"error": "libcuda.so.1 is not here"}))
        return 1
    code = cuda.cuInit(0)
    if code:
        print(json.dumps({"error": f"cuInit: {code}"}))
        return 1
    count, version = ctypes.c_int(), ctypes.c_int()
    cuda.cuDriverGetVersion(ctypes.byref(version))
    cuda.cuDeviceGetCount(ctypes.byref(count))
    print(json.dumps({"cuda": version.value, "gpus": [look(cuda, index) for index in range(count.value)]}))
    return 0


if __name__ == "__main__":
    sys.exit(main())
