"""What a distribution's packages bring, read from `data/distributions.toml`."""

from functools import lru_cache
from importlib.resources import files

import msgspec

from mxbuild import toml
from mxbuild.model import Os


class Release(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, rename="kebab"):
    """One release of a distribution and the versions that its own packages have."""

    id: str
    version: str
    gcc: str
    compilers: tuple[str, ...]
    """Every N of g++-N, oldest first."""
    python: str
    make: str
    git: str
    cmake: str
    protobuf: str
    zeromq: str
    openblas: str
    lapack: str
    opencv: str
    opencv_name: str
    """Name under which pkg-config knows OpenCV."""
    multiarch: bool = True
    """Whether liblapack.a lies in the multiarch directory."""
    cuda: str = ""
    """Version of nvidia-cuda-toolkit; "" for none."""
    cuda_component: str = ""
    """The archive's component that has it: multiverse, non-free."""
    cuda_size: int = 0
    """Megabytes to download: all of it, or (`cuda_whole` is false) its largest package alone."""
    cuda_whole: bool = False


class Distributions(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    brings: dict[str, tuple[str, ...]]
    release: tuple[Release, ...]


@lru_cache(maxsize=1)
def distributions() -> Distributions:
    """The table as shipped."""
    text = files("mxbuild").joinpath("data/distributions.toml").read_text()
    return msgspec.convert(toml.loads(text), Distributions)


def release_of(os: Os) -> Release | None:
    """The row for this machine's distribution; None where the table has none."""
    return next((r for r in distributions().release if (r.id, r.version) == (os.id, os.version)), None)
