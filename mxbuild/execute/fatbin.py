"""Which GPUs a library has code for, read from the library itself.

nvcc puts one fat binary for each .cu into the section .nv_fatbin, and a record that registers it at load time into
.nvFatBinSegment. cuobjdump tells the same, but only of the architectures that its own release knows, and the machine
that verifies may have no toolkit at all.

The layout is NVIDIA's; `fatbinary_section.h` of every toolkit has the record. This much of the rest is the same,
compressed or not, in what CUDA 9.0 (upstream's own wheel mxnet-cu90 0.12.1), 11.8 (nvidia-curand-cu11) and 13.0 wrote.
"""

import mmap
import struct
from collections.abc import Iterator
from typing import NamedTuple

import msgspec

Buffer = bytes | mmap.mmap
CODE, TABLE = ".nv_fatbin", ".nvFatBinSegment"
CONTAINER = struct.Struct("<IHHQ")
"""Magic, version, size of this header, size of the entries."""
MAGIC = 0xBA55ED50
ENTRY = struct.Struct("<HHIQIIHHI")
"""Kind, version, size of this header, of the code, of the code compressed, -, version's minor, major, architecture."""
PTX, ELF = 1, 2
"""Kinds of entries: text that the driver compiles, machine code (SASS)."""
RECORD = struct.Struct("<IIQQ")
"""Magic, version, address of the container, -."""
REGISTERED = 0x466243B1


class Container(NamedTuple):
    """The device code of one .cu."""

    sass: frozenset[str]
    """Compute capabilities with machine code: "9.0"."""
    ptx: frozenset[str]


class DeviceCode(msgspec.Struct, frozen=True):
    """All of a library's."""

    containers: tuple[Container, ...]
    registered: int
    """How many of them the library registers when it is loaded."""

    @property
    def sass(self) -> tuple[str, ...]:
        return _sorted(frozenset[str]().union(*(c.sass for c in self.containers)))

    @property
    def ptx(self) -> tuple[str, ...]:
        return _sorted(frozenset[str]().union(*(c.ptx for c in self.containers)))


def read(path: str) -> DeviceCode:
    """The device code of a library; none is a DeviceCode without containers.

    Nothing but headers is looked at: a library of 455 MB takes 0.13 s.

    Raises:
        OSError: it cannot be read.
        ValueError: it is no whole ELF file, or its device code is damaged.
    """
    with open(path, "rb") as file:
        try:
            places = dict(_sections(path))
            with mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as data:
                for start, size in places.values():
                    if start + size > len(data):
                        raise ValueError("the file is cut off")
                start, size = places.get(CODE, (0, 0))
                found = tuple(containers(data, start, start + size))
                start, size = places.get(TABLE, (0, 0))
                return DeviceCode(found, _registered(data[start : start + size]))
        except ValueError as error:
            raise ValueError(f"the device code of {path} cannot be read: {error}") from error


def containers(data: Buffer, start: int, end: int) -> Iterator[Container]:
    """What a section .nv_fatbin holds: containers one after the other, zeros between them.

    Args:
        start: the section's first byte.
        end: the first one behind it.

    Raises:
        ValueError: it is cut off, or holds something else.
    """
    at = start
    while (here := _next(data, at, end)) < end:
        magic, _, head, size = _unpacked(CONTAINER, data, here, end)
        if magic != MAGIC:
            raise ValueError(f"no fat binary at byte {here}")
        at = here + head + size
        if head < CONTAINER.size or at > end:
            raise ValueError(f"the fat binary at byte {here} goes beyond the end")
        yield _container(data, here + head, at)


def _container(data: Buffer, at: int, end: int) -> Container:
    seen: dict[int, set[str]] = {PTX: set(), ELF: set()}
    while at < end:
        kind, _, head, size, _, _, _, _, architecture = _unpacked(ENTRY, data, at, end)
        if head < ENTRY.size or at + head + size > end:
            raise ValueError(f"the entry at byte {at} goes beyond its fat binary's end")
        if kind in seen:  # there are others: intermediate code for the linker
            seen[kind].add(f"{architecture // 10}.{architecture % 10}")
        at += head + size
    return Container(frozenset(seen[ELF]), frozenset(seen[PTX]))


def _next(data: Buffer, at: int, end: int) -> int:
    """The first byte that is not zero."""
    step = 8
    while at < end:
        piece = data[at : min(at + step, end)]
        if rest := piece.lstrip(b"\0"):
            return at + len(piece) - len(rest)
        at, step = at + step, min(2 * step, 1 << 20)
    return end


def _unpacked(layout: struct.Struct, data: Buffer, at: int, end: int) -> tuple[int, ...]:
    if at + layout.size > end:
        raise ValueError(f"it ends in the header at byte {at}")
    return layout.unpack_from(data, at)


def _registered(data: bytes) -> int:
    count = 0
    for magic, _, _, _ in RECORD.iter_unpack(data[: len(data) - len(data) % RECORD.size]):
        if magic != REGISTERED:
            raise ValueError("its table of fat binaries holds something else")
        count += 1
    return count


def _sections(path: str) -> Iterator[tuple[str, tuple[int, int]]]:
    """Name -> (offset, size) of the two sections, where they are there."""
    from mxbuild.execute import elf

    with elf.opened(path) as file:
        for section in file.iter_sections("SHT_PROGBITS"):
            if section.name in (CODE, TABLE):
                yield section.name, (section["sh_offset"], section["sh_size"])


def _sorted(capabilities: frozenset[str]) -> tuple[str, ...]:
    return tuple(sorted(capabilities, key=lambda text: tuple(map(int, text.split(".")))))
