"""Packages laid out as NVIDIA's on PyPI are, small: a toolkit of CUDA 13 whose nvcc is a shell script."""

import base64
import csv
import hashlib
import io
import zipfile
from collections.abc import Mapping
from pathlib import Path

NVCC = """#!/bin/sh
here=$(dirname "$0")
case "$1" in
--version) echo "Cuda compilation tools, release {release}, V{release}.88" ;;
*)  [ -d "$here/../nvvm" ] || exit 3
    while [ $# -gt 0 ]; do [ "$1" = -o ] && : > "$2"; shift; done ;;
esac
"""

HEADER = """
CUresult CUDAAPI cuInit(unsigned int Flags);
#define cuMemAlloc                          cuMemAlloc_v2
CUresult CUDAAPI cuMemAlloc(CUdeviceptr *dptr, size_t bytesize);
"""


def boxed(shop: Path, name: str, version: str, files: Mapping[str, str | Path], *, root: str = "nvidia/cu13") -> str:
    """A wheel of files below `root`, all for their owner alone as NVIDIA's are; returns its pin with its hash."""
    plain = name.replace("-", "_")
    info = f"{plain}-{version}.dist-info"
    members = {f"{root}/{place}": _bytes(content) for place, content in files.items()}
    members[f"{info}/METADATA"] = f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n".encode()
    members[f"{info}/WHEEL"] = b"Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n"
    rows = io.StringIO(newline="")
    table = csv.writer(rows, lineterminator="\n")
    for place, content in members.items():
        digest = base64.urlsafe_b64encode(hashlib.sha256(content).digest()).rstrip(b"=").decode()
        table.writerow((place, f"sha256={digest}", len(content)))
    table.writerow((f"{info}/RECORD", "", ""))
    wheel = shop / f"{plain}-{version}-py3-none-any.whl"
    with zipfile.ZipFile(wheel, "w") as archive:
        for place, content in {**members, f"{info}/RECORD": rows.getvalue().encode()}.items():
            entry = zipfile.ZipInfo(place)
            entry.external_attr = (0o100744 if "/bin/" in place else 0o100644) << 16
            archive.writestr(entry, content)
    return f"{name}=={version} --hash=sha256:{hashlib.sha256(wheel.read_bytes()).hexdigest()}"


def toolkit(shop: Path, *, release: str = "13.0") -> tuple[str, ...]:
    """The pins of a whole set."""
    shop.mkdir(exist_ok=True)
    return (
        boxed(shop, "nvidia-cuda-nvcc", "13.0.88", {"bin/nvcc": NVCC.format(release=release), "bin/nvcc.profile": "#"}),
        boxed(shop, "nvidia-nvvm", "13.0.88", {"nvvm/bin/cicc": "#!/bin/sh\n", "lib/libnvvm.so.4": "nvvm"}),
        boxed(
            shop, "nvidia-cuda-runtime", "13.0.96",
            {"include/cuda.h": HEADER, "lib/libcudart.so.13": "cudart", "lib/libcudart_static.a": "static"},
        ),
        boxed(shop, "nvidia-cublas", "13.1.1.3", {"lib/libcublas.so.13": "cublas", "lib/libcublasLt.so.13": "Lt"}),
    )  # fmt: skip


def _bytes(content: str | Path) -> bytes:
    return content.read_bytes() if isinstance(content, Path) else content.encode()
