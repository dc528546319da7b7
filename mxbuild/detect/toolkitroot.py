"""One CUDA toolkit: where its parts lie in each of the four layouts, its version, and the gcc that it takes."""

import re
from collections.abc import Iterable
from glob import escape
from typing import Any, Literal, NamedTuple

from mxbuild.detect import parse
from mxbuild.foreign import decoded
from mxbuild.model import Note, Toolkit
from mxbuild.system import System

DEBIAN = "/usr/lib/nvidia-cuda-toolkit"
DEBIAN_ROOTS = ("/usr", "/usr/lib/cuda", DEBIAN)
"""Directories that stand for Debian's package nvidia-cuda-toolkit, which is spread over /usr."""

TARGETS = ("x86_64-linux", "sbsa-linux", "aarch64-linux")
"""Directories below a root's targets/: PCs, ARM servers, Jetson."""


class Root(NamedTuple):
    """A directory that may be a toolkit."""

    path: str
    """Its real path; "" for Debian's layout."""
    nvcc: str
    layout: Literal["nvidia", "debian", "conda", "wheels"]
    include: str
    """"" where there is no cuda.h."""

    def missing(self, system: System) -> str:
        """What keeps it from being a toolkit; "" for nothing."""
        absent = [
            name for name, there in (("nvcc", system.executable(self.nvcc)), ("cuda.h", self.include)) if not there
        ]
        return " and ".join(absent)


def of(system: System, path: str) -> Root | None:
    """The root that a path stands for: a root itself, or the nvcc in its bin/; None for anything else."""
    real = system.realpath(path)
    if real in ("/usr/bin/nvcc", "/bin/nvcc", f"{DEBIAN}/bin/nvcc") and system.is_dir(DEBIAN):
        real = DEBIAN
    elif system.executable(real):
        if not real.endswith("/bin/nvcc"):
            return None
        real = real.removesuffix("/bin/nvcc") or "/"
        if real not in DEBIAN_ROOTS and not _include(system, real):
            return None  # a script of the same name
    elif not path.startswith("/") or not system.is_dir(real):
        return None
    if real in DEBIAN_ROOTS and system.is_dir(DEBIAN):
        header = system.exists("/usr/include/cuda.h")
        return Root("", "/usr/bin/nvcc", "debian", "/usr/include" if header else "")
    layout: Literal["nvidia", "conda", "wheels"] = "nvidia"
    if re.search(r"/nvidia/cu[0-9]+$", real, re.ASCII):
        layout = "wheels"
    elif system.exists(f"{real}/conda-meta/history"):
        layout = "conda"
    return Root(real, f"{real}/bin/nvcc", layout, _include(system, real))


def top(text: str) -> str:
    """The root that `nvcc -v __dummy` names (`#$ TOP=/usr/local/cuda-12.4/bin/..`); "" where it names none."""
    match = re.search(r"^#\$ TOP=(/[^\n\0]*)$", text, re.MULTILINE)
    return match[1].rstrip() if match else ""


def newest_first(paths: Iterable[str]) -> list[str]:
    """Roots by the version in their names."""
    return sorted(paths, key=lambda path: (parse.newest(path.rsplit("/", 1)[-1]), path), reverse=True)


def toolkit(system: System, root: Root, triplet: str, said: str, found: str, notes: list[Note]) -> Toolkit | None:
    """The toolkit in a root that has nvcc and cuda.h; None where nothing says its version.

    Args:
        said: what `nvcc --version` answered.
        found: how the root was come by.
    """
    name = root.path or "nvidia-cuda-toolkit"
    # Cuda compilation tools, release 9.1, V9.1.85
    version, source = parse.version(said, r"release [0-9.]+, V"), f"{root.nvcc} --version"
    if not version:
        version, source = _version(system, root)
        text = f"its version is taken from {source}" if version else "and no file says its version; left out"
        notes.append(Note("cuda", f"{name}: nvcc does not answer, {text}"))
    if not version:
        return None
    libraries = _libraries(system, root, triplet)
    stubs = next((f"{place}/stubs" for place in libraries if system.exists(f"{place}/stubs/libcuda.so")), "")
    first = next((place for place in libraries if _has(system, place, "cudart", root)), "")
    return Toolkit(
        version=version,
        root=root.path,
        nvcc=root.nvcc,
        layout=root.layout,
        include=root.include,
        libraries=first,
        stubs=stubs,
        parts=_parts(system, first, root) if first else (),
        gcc=_gcc(system, root),
        found=found,
        source=source,
    )


PARTS = (
    *("cudart", "cudart_static", "cudadevrt", "cublas", "cublasLt", "cufft", "curand", "cusolver", "cusparse"),
    *("nvrtc", "nvToolsExt", "nvJitLink"),
)
"""Libraries that releases of MXNet link, directly or through another; others do not matter here."""


def _has(system: System, place: str, part: str, root: Root) -> bool:
    """Whether -lpart finds it; wheels carry no libX.so beside libX.so.13, so there the versioned file counts."""
    if system.exists(f"{place}/lib{part}.so") or system.exists(f"{place}/lib{part}.a"):
        return True
    return root.layout == "wheels" and bool(system.glob(f"{escape(place)}/lib{part}.so.*"))


def _parts(system: System, place: str, root: Root) -> tuple[str, ...]:
    return tuple(part for part in PARTS if _has(system, place, part, root))


def _include(system: System, root: str) -> str:
    places = [f"{root}/include", *(f"{root}/targets/{target}/include" for target in TARGETS)]
    return next((place for place in places if system.exists(f"{place}/cuda.h")), "")


def _libraries(system: System, root: Root, triplet: str) -> list[str]:
    """Directories that may hold the libraries, in the linker's order."""
    if root.layout == "debian":
        return [f"/usr/lib/{triplet}", "/usr/lib"]
    places = [f"{root.path}/lib64", f"{root.path}/lib", *(f"{root.path}/targets/{t}/lib" for t in TARGETS)]
    return [place for place in places if system.is_dir(place)]


def _version(system: System, root: Root) -> tuple[str, str]:
    """(version, source) from files: version.json (11.1 on), version.txt (to 11.0), cuda.h."""
    path = f"{root.path}/version.json"
    try:
        told = decoded((system.read(path) or "") if root.path else "", dict[str, Any])
        for part in ("cuda_nvcc", "cuda"):  # cuda's own may be a date: 11.4.20210728
            if version := parse.version(str(told[part]["version"]), "^"):
                return version, path
    except (ValueError, KeyError, TypeError):
        pass
    path = f"{root.path}/version.txt"
    if root.path and (version := parse.version(system.read(path), "^CUDA Version ")):
        return version, path
    path = f"{root.include}/cuda.h"
    number = parse.number(parse.version(system.read(path), r"#\s*define\s+CUDA_VERSION\s+"))
    if number is None or not 1000 <= number < 1_000_000:
        return "", ""
    return f"{number // 1000}.{number % 1000 // 10}", path


def _gcc(system: System, root: Root) -> str:
    """`#if __GNUC__ > 11`, before CUDA 8 `#if __GNUC__ > 4 || (__GNUC__ == 4 && __GNUC_MINOR__ > 9)`."""
    for name in ("crt/host_config.h", "host_config.h"):
        if number := parse.version(system.read(f"{root.include}/{name}"), r"#\s*if\s+(?:\(\s*)?__GNUC__\s*>\s*"):
            return number.partition(".")[0]
    return ""
