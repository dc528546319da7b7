"""A CUDA toolkit out of NVIDIA's packages on PyPI, read from `data/cuda-wheels.toml`."""

import hashlib
from functools import lru_cache
from importlib.resources import files

import msgspec

from mxbuild import toml
from mxbuild.model import Bundle, Toolkit

FOUND = "NVIDIA's packages on PyPI"
DATA = "data/cuda-wheels.toml"
COMPILER = "nvidia-cuda-nvcc"


class Package(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One package of the set."""

    name: str
    version: str
    sha256: str
    """Of its wheel."""
    size: int
    """Bytes of the wheel."""
    runtime: bool = False
    """Whether the finished library loads what is in it."""
    libraries: tuple[str, ...] = ()
    """What it has to link against: cublas, cublasLt."""

    @property
    def pin(self) -> str:
        """As a line of pip's requirements files."""
        return f"{self.name}=={self.version} --hash=sha256:{self.sha256}"


class Packages(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One release's set."""

    version: str
    """CUDA's own, "13.0.3"."""
    gcc: str
    """Newest gcc major that its host_config.h takes."""
    package: tuple[Package, ...]


@lru_cache(maxsize=1)
def packages() -> Packages:
    """The set as shipped."""
    return msgspec.convert(toml.loads(files("mxbuild").joinpath(DATA).read_text()), Packages)


def bundle() -> Bundle:
    """What is downloaded for the toolkit, and what the finished library needs of it."""
    chosen = packages()
    return Bundle(
        version=chosen.version,
        packages=tuple(p.pin for p in chosen.package),
        runtime=tuple(p.pin for p in chosen.package if p.runtime),
        size=sum(p.size for p in chosen.package),
    )


def bundled_toolkit(bundle: Bundle, directory: str) -> Toolkit:
    """The toolkit as it will be once it is put together.

    Args:
        directory: where such toolkits lie, each under its version and a hash of its pins.
    """
    digest = hashlib.sha256("\n".join(bundle.packages).encode()).hexdigest()[:8]
    root = f"{directory}/{bundle.version}-{digest}"
    compiler = next(p.version for p in packages().package if p.name == COMPILER)
    return Toolkit(
        version=compiler,
        root=root,
        nvcc=f"{root}/bin/nvcc",
        layout="wheels",
        include=f"{root}/include",
        libraries=f"{root}/lib",
        stubs=f"{root}/lib/stubs",
        parts=tuple(library for p in packages().package for library in p.libraries),
        gcc=packages().gcc,
        found=FOUND,
        source=DATA,
    )
