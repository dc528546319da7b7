"""What a GPU's chip, name or PCI device id says about it, read from `data/gpus.toml`."""

import re
from functools import lru_cache
from importlib.resources import files

import msgspec

from mxbuild import toml
from mxbuild.detect import parse


class Table(msgspec.Struct, frozen=True, forbid_unknown_fields=True, rename="kebab"):
    """The file as shipped."""

    capabilities: dict[str, tuple[str, ...]]
    """Compute capability -> chips."""
    devices: dict[str, tuple[str, ...]]
    """Chip -> ranges of PCI device ids, "2681-26f5"."""
    names: dict[str, str]
    """Pattern -> compute capability."""
    tegras: dict[str, str]
    jetsons: dict[str, str]
    jetson_linux: dict[str, str]
    """Major release of Jetson's Linux -> CUDA."""
    drivers: dict[str, str]
    """First branch of the driver that supports a CUDA -> that CUDA, oldest first."""


@lru_cache(maxsize=1)
def table() -> Table:
    text = files("mxbuild").joinpath("data/gpus.toml").read_text(encoding="utf-8")
    return msgspec.convert(toml.loads(text), Table)


def chip(device: int) -> str:
    """The chip of a PCI device id of NVIDIA's, "GH100"; "" for an id that the table does not have."""
    for name, ranges in table().devices.items():
        for text in ranges:
            first, _, last = text.partition("-")
            if int(first, 16) <= device <= int(last, 16):
                return name
    return ""


def of_chip(name: str) -> str:
    """A chip's compute capability, whatever letters follow its number (AD104GLM); "" for one that is not known."""
    return next((number for number, chips in table().capabilities.items() if name.startswith(chips)), "")


def of_name(name: str) -> str:
    """The compute capability that a GPU's name tells, "" where it does not.

    "Tesla V100-SXM2-16GB" -> "7.0"; "GeForce GT 730" -> "", since two unlike chips are sold under it.
    """
    plain = re.sub(r"^(NVIDIA |Tesla |GeForce )*", "", name)
    return next((number for pattern, number in table().names.items() if re.match(pattern, plain)), "")


def of_tegra(compatible: str, model: str) -> str:
    """A Jetson's compute capability by the device tree's `compatible` list, then by its model's name."""
    for part in compatible.split("\0"):
        if part.startswith("nvidia,tegra") and (number := table().tegras.get(part.removeprefix("nvidia,"))):
            return number
    return next((number for word, number in table().jetsons.items() if word in model), "")


def cuda_of_driver(version: str) -> str:
    """Newest CUDA that a driver supports, by its branch ("535.183.01" -> "12.2"); "" below the table and for no number.

    A branch that came later than the table supports at least the table's last.
    """
    branch = parse.number(version.partition(".")[0])
    known = [cuda for first, cuda in table().drivers.items() if branch is not None and int(first) <= branch]
    return known[-1] if known else ""
