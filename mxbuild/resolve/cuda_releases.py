"""What each release of CUDA takes, read from `data/cuda.toml`."""

from functools import lru_cache
from importlib.resources import files

import msgspec

from mxbuild import toml
from mxbuild.recipe.match import LEADING, version_matches
from mxbuild.recipe.values import Std


class Row(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One release of the toolkit."""

    version: str
    """Two parts, "11.8"."""
    gcc: str
    """Range of g++ that nvcc takes as host compiler."""
    driver: str
    """First driver that runs its programs."""
    std: Std = "c++11"
    """Least dialect of its own headers."""
    include: tuple[str, ...] = ()
    """Directories below its include/ that a host compiler has to be told of."""
    source: str


class Bad(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Toolkits and g++ that do not go together, though the toolkit itself says so nowhere."""

    toolkits: str
    gcc: str
    why: str
    source: str


class Architecture(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A compute capability, and the toolkits whose nvcc compiles for it."""

    toolkits: str
    embedded: bool = False
    """Of the Tegra line, whose machine code other chips of its generation do not run."""
    source: str


class Pair(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Releases of cuDNN and the toolkits that they are for."""

    versions: str
    toolkits: str


class Wheels(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What NVIDIA's packages on PyPI ask of a machine."""

    arch: str
    glibc: str
    python: str


class Table(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    toolkit: tuple[Row, ...]
    """Oldest first."""
    bad: tuple[Bad, ...]
    architectures: dict[str, Architecture]
    """Compute capability -> its row, in ascending order."""
    cudnn: tuple[Pair, ...]
    wheels: Wheels


@lru_cache(maxsize=1)
def table() -> Table:
    """The table as shipped."""
    return msgspec.convert(toml.loads(files("mxbuild").joinpath("data/cuda.toml").read_text()), Table)


def number(version: str) -> tuple[int, ...]:
    """The version's leading numbers, for ordering; () where it has none."""
    found = LEADING.match(version.strip())
    return tuple(map(int, found[1].split("."))) if found else ()


@lru_cache(maxsize=64)
def row(version: str) -> tuple[Row | None, str]:
    """The row for a toolkit, and a remark where it is another release's.

    One newer than the table is taken to be like the newest of its major release that is older than it.
    """
    release = number(version)[:2]
    older = [
        r for r in table().toolkit if number(r.version)[0] == (release or (0,))[0] and number(r.version) <= release
    ]
    if not older:
        return None, f"mxbuild knows nothing of CUDA {version or 'without a version'}"
    best = older[-1]
    if number(best.version) == release:
        return best, ""
    return best, f"mxbuild does not know CUDA {version} and takes it to be like {best.version}"


@lru_cache(maxsize=64)
def architectures(version: str) -> tuple[str, ...]:
    """Compute capabilities that nvcc of this toolkit compiles for, in ascending order."""
    known = table().architectures
    return tuple(a for a, r in known.items() if version_matches("CUDA", version, r.toolkits).ok)


def embedded(capability: str) -> bool:
    """Whether it is a chip of the Tegra line."""
    known = table().architectures.get(capability)
    return known is not None and known.embedded
