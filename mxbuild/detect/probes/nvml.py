"""Asks NVIDIA's management library and prints what it says as JSON. A program of its own: it may hang or crash.

    {"driver": "550.54.14", "cuda": 12040, "gpus": [{"name": ..., "capability": [9, 0], "memory": ..., "bus": ...}]}
    {"error": "Driver Not Loaded"}, with exit status 1

Serial numbers and UUIDs are not asked for. Arguments: directories in which pynvml is looked for.
"""

import json
import sys
from collections.abc import Callable
from typing import Any


def text(value: Any) -> str:
    """Some versions of pynvml give bytes."""
    return value.decode("utf-8", "replace") if isinstance(value, bytes) else str(value)


def main() -> int:
    sys.path.extend(path for path in sys.argv[1:] if path not in sys.path)
    try:
        import pynvml
    except ImportError as missing:
        print(json.dumps({"error": str(missing)}))
        return 1

    def asked(question: Callable[..., Any], *arguments: Any) -> Any:
        """None where this driver or this card does not know the question."""
        try:
            return question(*arguments)
        except pynvml.NVMLError:
            return None

    try:
        pynvml.nvmlInit()
        count = pynvml.nvmlDeviceGetCount()
    except pynvml.NVMLError as refused:
        print(json.dumps({"error": str(refused)}))
        return 1
    gpus = []
    for index in range(count):
        handle = asked(pynvml.nvmlDeviceGetHandleByIndex, index)
        if handle is None:  # "no permission": the card is there, but not for this user
            continue
        memory, bus = asked(pynvml.nvmlDeviceGetMemoryInfo, handle), asked(pynvml.nvmlDeviceGetPciInfo, handle)
        gpus.append(
            {
                "name": text(asked(pynvml.nvmlDeviceGetName, handle) or ""),
                "capability": asked(pynvml.nvmlDeviceGetCudaComputeCapability, handle),
                "memory": memory.total if memory else 0,
                "bus": text(bus.busId) if bus else "",
            }
        )
    driver, cuda = asked(pynvml.nvmlSystemGetDriverVersion), asked(pynvml.nvmlSystemGetCudaDriverVersion)
    print(json.dumps({"driver": text(driver or ""), "cuda": cuda or 0, "gpus": gpus}))
    return 0


if __name__ == "__main__":
    sys.exit(main())
