"""Display adapters as the kernel lists them; no driver and no lspci is needed."""

import re
from typing import NamedTuple

from mxbuild.system import System

DEVICES = "/sys/bus/pci/devices"
NVIDIA = 0x10DE
OTHERS = {0x1002: "AMD", 0x8086: "Intel"}
DISPLAY = 0x03
"""PCI class of display controllers: 0x0300 VGA, 0x0302 3D. An NVIDIA card's sound part has another."""


class Adapter(NamedTuple):
    bus: str
    vendor: int
    device: int
    driver: str
    """The kernel's driver that holds it: nvidia, nouveau, vfio-pci; "" for none."""
    source: str


def adapters(system: System) -> tuple[Adapter, ...]:
    """All display adapters, by bus id."""
    found = []
    for name in system.listdir(DEVICES):
        place = f"{DEVICES}/{name}"
        kind = _number(system.read(f"{place}/class"))
        if kind is None or kind >> 16 != DISPLAY:
            continue
        vendor, device = _number(system.read(f"{place}/vendor")), _number(system.read(f"{place}/device"))
        if vendor is not None and device is not None:
            driver = (system.readlink(f"{place}/driver") or "").rsplit("/", 1)[-1]
            found.append(Adapter(bus(name), vendor, device, driver, f"{place}/device"))
    return tuple(found)


def bus(text: str) -> str:
    """A bus id as the kernel writes it: "00000000:65:00.0" -> "0000:65:00.0"; "" for what is none."""
    match = re.fullmatch(r"([0-9a-f]{1,8}):([0-9a-f]{2}):([0-9a-f]{2})\.([0-7])", text.strip().lower(), re.ASCII)
    return f"{int(match[1], 16):04x}:{match[2]}:{match[3]}.{match[4]}" if match else ""


def _number(text: str | None) -> int | None:
    """`0x030200` -> 0x30200."""
    match = re.fullmatch(r"0x([0-9a-f]{1,8})\s*", text or "", re.ASCII)
    return int(match[1], 16) if match else None
