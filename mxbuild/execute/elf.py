"""ELF facts of a library: what it needs and what it has, from its dynamic section and dynamic symbols alone.

pyelftools finds the tables; their rows are unpacked in bulk, which is some thirty times faster than its own
iterators (a GPU build of MXNet has 65,000 dynamic symbols).
"""

import os
import re
import struct
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING

import msgspec

if TYPE_CHECKING:
    from elftools.elf.elffile import ELFFile
    from elftools.elf.sections import Section

NEEDED, SONAME, RPATH, RUNPATH = 1, 14, 15, 29
"""Tags of the dynamic section (System V ABI, "Dynamic Section")."""

ROWS = {("dynamic", 64): "qQ", ("dynamic", 32): "iI", ("symbol", 64): "IBBHQQ", ("symbol", 32): "IIIBBH"}
"""Elf64_Dyn, Elf32_Dyn, Elf64_Sym, Elf32_Sym; the name comes first in a symbol of either."""

HEADER = {64: 64, 32: 40}
"""Bytes of Elf64_Shdr, Elf32_Shdr."""
NEED, NEED_VERSION = "HHIII", "IHHII"
"""Elf64_Verneed: version, count, file, where the first of its versions is, where the next need is, both counted from
its own start; Elf64_Vernaux: hash, flags, number, name, where the next one is. The same in 32 bits."""


class Dynamic(msgspec.Struct, frozen=True):
    """What the loader reads first."""

    machine: str
    """e_machine: EM_X86_64."""
    bits: int
    soname: str
    """ "" where it has none."""
    needed: tuple[str, ...]
    rpath: tuple[str, ...]
    """DT_RPATH's directories; the loader passes over them where there is a DT_RUNPATH."""
    runpath: tuple[str, ...]


class ElfFacts(msgspec.Struct, frozen=True):
    """All that verification asks of a library."""

    dynamic: Dynamic
    undefined: frozenset[str]
    """Symbols that it takes from others."""
    defined: frozenset[str]
    """Symbols that it gives to others."""
    versions: frozenset[str]
    """Versions that it needs of others: GLIBC_2.34, GLIBCXX_3.4.29, GOMP_4.0."""

    @property
    def symbols(self) -> frozenset[str]:
        return self.undefined | self.defined


def dynamic(path: str) -> Dynamic:
    """The dynamic section.

    Raises:
        OSError: it cannot be read.
        ValueError: it is no ELF file with a dynamic section, or a damaged one.
    """
    with opened(path) as elf:
        return _dynamic(elf)


def facts(path: str) -> ElfFacts:
    """Dynamic section, dynamic symbols (not the far larger .symtab) and version needs.

    Raises:
        OSError: it cannot be read.
        ValueError: it is no ELF file with a dynamic section, or a damaged one.
    """
    with opened(path) as elf:
        undefined: set[str] = set()
        defined: set[str] = set()
        if (table := _section(elf, "SHT_DYNSYM")) is not None:
            strings = _data(elf.get_section(table["sh_link"]))
            section_index = 3 if elf.elfclass == 64 else 5
            for row in _rows(elf, table, "symbol"):
                (defined if row[section_index] else undefined).add(_text(strings, row[0]))
        return ElfFacts(_dynamic(elf), frozenset(undefined - {""}), frozenset(defined - {""}), _versions(elf))


def newest(versions: frozenset[str], family: str) -> str:
    """The highest needed version of a family, "GLIBC" -> "2.34"; "" where none is needed."""
    texts = [v.removeprefix(f"{family}_") for v in versions if v.startswith(f"{family}_")]
    numbers = [tuple(map(int, t.split("."))) for t in texts if re.fullmatch(r"[0-9]{1,9}(\.[0-9]{1,9})*", t)]
    return ".".join(map(str, max(numbers, default=())))


@contextmanager
def opened(path: str) -> Iterator["ELFFile"]:
    """The file with its tables, and whatever is wrong with them as one kind of error.

    Raises:
        OSError: it cannot be read.
        ValueError: it is no ELF file, or a damaged one.
    """
    from elftools.common.exceptions import ELFError
    from elftools.construct.core import ConstructError
    from elftools.elf.elffile import ELFFile

    # pyelftools trusts what it reads: a number too large, a string where there is none.
    broken = (
        *(ELFError, ConstructError, struct.error, AssertionError, ValueError),
        *(LookupError, TypeError, AttributeError, ArithmeticError, MemoryError),
    )
    try:
        with open(path, "rb") as file:
            elf = ELFFile(file)
            if elf.num_sections() and elf["e_shentsize"] < HEADER[elf.elfclass]:
                raise ValueError("its table of sections has rows that are too short")
            end = elf["e_shoff"] + elf.num_sections() * elf["e_shentsize"]
            if end > os.fstat(file.fileno()).st_size:
                raise ValueError("its table of sections goes beyond its end")
            yield elf
    except broken as error:
        raise ValueError(f"{path} is no whole ELF file: {error}") from error


def _dynamic(elf: "ELFFile") -> Dynamic:
    section = _section(elf, "SHT_DYNAMIC")
    if section is None:
        raise ValueError("it has no dynamic section")
    strings = _data(elf.get_section(section["sh_link"]))
    found: dict[int, list[str]] = {NEEDED: [], SONAME: [], RPATH: [], RUNPATH: []}
    for tag, value in _rows(elf, section, "dynamic"):
        if tag in found:
            found[tag].append(_text(strings, value))
    return Dynamic(
        machine=elf["e_machine"],
        bits=elf.elfclass,
        soname="".join(found[SONAME][:1]),
        needed=tuple(found[NEEDED]),
        rpath=_directories(found[RPATH]),
        runpath=_directories(found[RUNPATH]),
    )


def _section(elf: "ELFFile", kind: str) -> "Section | None":
    """The section of a kind; asked by type, so that pyelftools takes no other one apart (.gnu.hash costs most)."""
    from elftools.common.exceptions import ELFError

    for index in range(elf.num_sections()):
        with suppress(ELFError):
            return elf.get_section(index, (kind,))
    return None


def _versions(elf: "ELFFile") -> frozenset[str]:
    """Names of the table of needed versions.

    pyelftools goes on as often as the table says that it has rows, without looking whether one leads to itself: two
    thousand million times in a damaged file of a kilobyte. Here no more are taken than there is room for.
    """
    section = _section(elf, "SHT_GNU_verneed")
    if section is None:
        return frozenset()
    strings, data = _data(elf.get_section(section["sh_link"])), _data(section)
    order = "<" if elf.little_endian else ">"
    need, version = struct.Struct(order + NEED), struct.Struct(order + NEED_VERSION)
    found: set[str] = set()
    start, room = 0, len(data) // version.size
    for _ in range(section["sh_info"]):
        _, count, _, first, further = need.unpack_from(data, start)
        at = start + first
        for _ in range(count):
            if not (room := room - 1):
                raise ValueError("its table of needed versions leads to itself")
            *_, name, after = version.unpack_from(data, at)
            found.add(_text(strings, name))
            at += after
        if not further:
            break
        start += further
    return frozenset(found)


def _rows(elf: "ELFFile", section: "Section", kind: str) -> "Iterator[tuple[int, ...]]":
    layout = struct.Struct(("<" if elf.little_endian else ">") + ROWS[kind, elf.elfclass])
    data = _data(section)
    return layout.iter_unpack(data[: len(data) - len(data) % layout.size])


def _data(section: "Section") -> bytes:
    """What the loader would find there: nothing that is packed (SHF_ALLOC excludes it) or not in the file at all.

    Of those two a damaged file can say that they are as large as it likes, and pyelftools would make room for it.
    """
    if section.compressed or section["sh_type"] == "SHT_NOBITS":
        raise ValueError("what the loader reads is packed, or not in the file")
    return bytes(section.data())


def _text(strings: bytes, start: int) -> str:
    return strings[start : strings.index(b"\0", start)].decode("utf-8", "backslashreplace")


def _directories(texts: list[str]) -> tuple[str, ...]:
    return tuple(d for text in texts for d in text.split(":") if d)
