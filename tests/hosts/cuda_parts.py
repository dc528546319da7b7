"""The parts of a machine with NVIDIA's hardware or software: GPUs, driver, toolkits, cuDNN, older compilers."""

import json
from typing import TYPE_CHECKING, Any

from mxbuild.system import Answer

if TYPE_CHECKING:
    from tests.hosts.make_hosts import Machine

MIB = 1 << 20
SYS = "/sys/bus/pci"
SOME = ("cudart", "cudart_static", "cudadevrt", "cublas", "cufft", "curand", "cusolver", "cusparse", "nvrtc")


def adapters(m: "Machine") -> None:
    """Display adapters as sysfs lists them, from bus 0000:3b:00.0 on."""
    if not m.given.get("pci", True):
        return
    for number, name in enumerate([*m.given.get("gpu", []), *m.given.get("display", [])]):
        card = m.gpus[name]
        bus = _bus(number)
        place = f"/sys/devices/pci0000:3a/0000:3a:00.0/{bus}"
        m.links[f"{SYS}/devices/{bus}"] = place
        m.files |= {
            f"{place}/class": f"0x{card.get('class', '030200')}\n",
            f"{place}/vendor": f"0x{card.get('vendor', '10de')}\n",
            f"{place}/device": f"0x{card['device']}\n",
        }
        if holder := m.given.get("holder", "nvidia" if "driver" in m.given else ""):
            m.links[f"{place}/driver"] = f"{SYS}/drivers/{holder}"


def driver(m: "Machine") -> None:
    """What the loaded driver shows, and what its libraries answer."""
    if "driver" not in m.given:
        return
    version, cards = m.given["driver"], [m.gpus[name] for name in m.given["gpu"]]
    major, _, minor = m.given["driver-cuda"].partition(".")
    cuda = int(major) * 1000 + int(minor) * 10
    if m.given.get("proc", True):
        kind = "Open Kernel Module for " if m.arch == "aarch64" else ""
        kind += m.arch if kind else f"{m.arch} Kernel Module"
        built = "Release Build  (dvs-builder)" if m.arch == "aarch64" else "Wed Apr 10 10:00:00 UTC 2024"
        m.files["/proc/driver/nvidia/version"] = f"NVRM version: NVIDIA UNIX {kind}  {version}  {built}\n"
    for node in m.given.get("nodes", ["/dev/nvidiactl"]):
        m.files[node] = ""
    refused = m.given.get("refused")
    if refused:
        for name, words in refused.items():
            m.answers[f"mxbuild-{name}"] = Answer(1, json.dumps({"error": words}) + "\n")
        for number, card in enumerate(cards):
            path = f"/proc/driver/nvidia/gpus/{_bus(number)}/information"
            m.files[path] = f"Model: \t\t {card['name']}\nBus Location: \t {_bus(number)}\n"
        return
    old = int(version.split(".")[0]) < 396  # its NVML does not know compute capabilities
    found = [_answer(m, number, card) for number, card in enumerate(cards)]
    if m.given.get("nvml", True):
        bare = [card | {"capability": None} if old else card for card in found]
        _say(m, "nvml", {"driver": version, "cuda": cuda, "gpus": bare})
    else:
        m.answers["mxbuild-nvml"] = Answer(1, '{"error": "NVML Shared Library Not Found"}\n')
    if old or not m.given.get("nvml", True):
        _say(m, "libcuda", {"cuda": cuda, "gpus": found})


def toolkits(m: "Machine") -> None:
    """The toolkits of `toolkit`: `{ version, layout }`, the layout being nvidia, debian or wheels."""
    for given in m.given.get("toolkit", []):
        row = m.cuda[given]
        short = ".".join(row["version"].split(".")[:2])
        layout = row.get("layout", "nvidia")
        if layout == "debian":
            root, nvcc, include, lib = "", "/usr/bin/nvcc", "/usr/include", m.libraries
            m.program("/usr/lib/nvidia-cuda-toolkit/bin/nvcc")
        elif layout == "wheels":
            root = f"{m.home}/env/lib/python3.10/site-packages/nvidia/cu13"
            nvcc, include, lib = f"{root}/bin/nvcc", f"{root}/include", f"{root}/lib"
            m.environ["VIRTUAL_ENV"] = f"{m.home}/env"
        else:
            root = f"/usr/local/cuda-{short}"
            target = f"{root}/targets/{m.given.get('target', 'x86_64-linux')}"
            nvcc, include, lib = f"{root}/bin/nvcc", f"{target}/include", f"{target}/lib"
            m.links |= {f"{root}/include": include, f"{root}/lib64": lib}
        m.program(nvcc, "--version", _says(row["version"]))
        m.files[f"{include}/cuda.h"] = ""
        config = "host_config.h" if float(short) < 9 else "crt/host_config.h"
        m.files[f"{include}/{config}"] = f"#if __GNUC__ > {row['gcc']}\n"
        for part in (*SOME, *row.get("parts", [])):
            end = "a" if part in ("cudart_static", "cudadevrt") else "so"
            m.files[f"{lib}/lib{part}.{end}{'.13' if layout == 'wheels' and end == 'so' else ''}"] = ""
        if layout != "wheels":
            m.files[f"{lib}/stubs/libcuda.so"] = ""
    if at := m.given.get("usr-local-cuda"):
        m.links |= {"/usr/local/cuda": "/etc/alternatives/cuda", "/etc/alternatives/cuda": f"/usr/local/cuda-{at}"}
    m.environ |= m.given.get("environ", {})


def cudnn(m: "Machine") -> None:
    """NVIDIA's packages with their alternatives, or (`cudnn-in`) the archive unpacked over a toolkit."""
    if "cudnn" not in m.given:
        return
    version = m.given["cudnn"]
    numbers = version.split(".")
    lines = "".join(
        f"#define CUDNN_{name} {number}\n"
        for name, number in zip(("MAJOR", "MINOR", "PATCHLEVEL"), numbers, strict=True)
    )
    where = m.given.get("cudnn-in")
    header = f"{where}/include/cudnn.h" if where else f"/usr/include/{m.triplet}/cudnn_v{numbers[0]}.h"
    lib = f"{where}/lib64" if where else f"/usr/lib/{m.triplet}"
    header, lib = m.followed(header), m.followed(lib)
    if int(numbers[0]) >= 8:
        m.files |= {header: "", header.replace("cudnn", "cudnn_version"): lines}
    else:
        m.files[header] = lines
    versioned = [f"{lib}/libcudnn.so.{numbers[0]}", f"{lib}/libcudnn.so.{version}"]
    if where:
        m.chain(f"{lib}/libcudnn.so", *versioned)
        return
    m.links |= {"/usr/include/cudnn.h": "/etc/alternatives/libcudnn", "/etc/alternatives/libcudnn": header}
    m.chain(f"{lib}/libcudnn.so", "/etc/alternatives/libcudnn_so", *versioned)


def nccl(m: "Machine") -> None:
    if "nccl" not in m.given:
        return
    numbers, lib = m.given["nccl"].split("."), f"/usr/lib/{m.triplet}"
    m.files["/usr/include/nccl.h"] = "".join(
        f"#define NCCL_{name} {number}\n" for name, number in zip(("MAJOR", "MINOR", "PATCH"), numbers, strict=True)
    )
    m.chain(f"{lib}/libnccl.so", f"{lib}/libnccl.so.2", f"{lib}/libnccl.so.{m.given['nccl']}")


def compilers(m: "Machine") -> None:
    """Older ones beside the default: `compilers`: number of g++-N -> full version."""
    for major, version in m.given.get("compilers", {}).items():
        for name in ("g++", "gcc"):
            m.chain(f"/usr/bin/{name}-{major}", f"/usr/bin/{m.triplet}-{name}-{major}")
            m.program(f"/usr/bin/{m.triplet}-{name}-{major}")
        how = "-dumpfullversion -dumpversion"
        m.answers[f"/usr/bin/g++-{major} {how}"] = Answer(0, f"{version}\n")
        m.answers[f"/usr/bin/g++-{major} -dumpmachine"] = Answer(0, f"{m.triplet}\n")


def other(m: "Machine") -> None:
    """Files as they stand, `files`: a Jetson's device tree."""
    m.files |= m.given.get("files", {})


def _bus(number: int) -> str:
    return f"0000:{0x3B + number:02x}:00.0"


def _answer(m: "Machine", number: int, card: dict[str, Any]) -> dict[str, Any]:
    return {
        "name": card["name"],
        "capability": [int(part) for part in card["capability"].split(".")],
        "memory": card["memory"] * MIB,
        "bus": m.given.get("bus", f"0000{_bus(number)}".upper()),
    }


def _say(m: "Machine", name: str, told: dict[str, Any]) -> None:
    m.answers[f"mxbuild-{name}"] = Answer(0, json.dumps(told) + "\n")


def _says(version: str) -> str:
    short = ".".join(version.split(".")[:2])
    return (
        "nvcc: NVIDIA (R) Cuda compiler driver\nCopyright (c) NVIDIA Corporation\n"
        f"Cuda compilation tools, release {short}, V{version}\n"
    )
