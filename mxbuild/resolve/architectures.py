"""For which GPUs device code is compiled: what was asked for, or what is in the machine, as far as nvcc knows it."""

import re
from collections.abc import Sequence

import msgspec

from mxbuild.model import Gpu
from mxbuild.resolve.cuda_releases import architectures, embedded, number, table

NATIVE, ALL = "native", "all-supported"
EXAMPLES = "7.0 V100; 7.5 T4, RTX 20; 8.0 A100; 8.6 RTX 30, A10; 8.9 RTX 40, L4; 9.0 H100"
WORD = re.compile(r"(?:sm_)?(?:([0-9]{1,2})\.([0-9])|([0-9]{1,2})([0-9]))")


class Code(msgspec.Struct, frozen=True, kw_only=True):
    """What the library will hold."""

    sass: tuple[str, ...]
    ptx: str
    remarks: tuple[str, ...]
    """Where it is not simply what is there."""
    exact: bool
    """Whether every GPU finds machine code of its own."""


def parse(text: str) -> tuple[str, ...]:
    """Compute capabilities out of "70,86" or "7.0,8.6", in ascending order; () for native and all-supported.

    Raises:
        ValueError: in words.
    """
    if text.strip() in (NATIVE, ALL):
        return ()
    found = set()
    for word in text.split(","):
        match = WORD.fullmatch(word.strip())
        capability = match and f"{int(match[1] or match[3])}.{match[2] or match[4]}"
        if not capability or capability not in table().architectures:
            known = ", ".join(table().architectures)
            raise ValueError(f'"{word.strip()}" is no compute capability that mxbuild knows: {known}, native or {ALL}')
        found.add(capability)
    return tuple(sorted(found, key=number))


def flags(sass: Sequence[str], ptx: str) -> str:
    """nvcc's `-gencode` words, explicitly for each architecture."""
    words = [f"-gencode arch=compute_{_nvcc(a)},code=sm_{_nvcc(a)}" for a in sass]
    if ptx:
        words.append(f"-gencode arch=compute_{_nvcc(ptx)},code=compute_{_nvcc(ptx)}")
    return " ".join(words)


def asked(wanted: Sequence[str], version: str) -> tuple[Code | None, str]:
    """Code for architectures asked for by name, all of them, or why this toolkit cannot make it."""
    known = architectures(version)
    if lacking := [a for a in wanted if a not in known]:
        return None, f"its nvcc does not compile for {', '.join(lacking)} (it does for {_span(known)})"
    return Code(sass=tuple(wanted), ptx=wanted[-1], remarks=(), exact=True), ""


def every(version: str, arch: str) -> tuple[Code | None, str]:
    """Code for all that nvcc knows; chips of the Tegra line are only in ARM machines."""
    known = tuple(a for a in architectures(version) if arch == "aarch64" or not embedded(a))
    if not known:
        return None, "its nvcc's architectures are not known"
    return Code(sass=known, ptx=known[-1], remarks=(), exact=True), ""


def native(gpus: Sequence[Gpu], version: str) -> tuple[Code | None, str]:
    """Code that all of these GPUs can run, or why there is none.

    A GPU newer than nvcc gets the machine code of an older one of its generation, or PTX, which its driver compiles.
    """
    known = architectures(version)
    sass: set[str] = set()
    by_ptx: list[str] = []
    remarks: list[str] = []
    for name, capability in dict.fromkeys((g.name, g.capability) for g in gpus):
        if capability in known:
            sass.add(capability)
            continue
        older = [a for a in known if number(a) < number(capability) and not embedded(a)]
        if not older:
            return None, f"its nvcc does not compile for {name} ({capability}), only for {_span(known)}"
        best = older[-1]
        if number(best)[0] == number(capability)[0] and not embedded(capability):
            sass.add(best)
            remarks.append(f"{name} ({capability}) runs the machine code of {best}, the nearest that nvcc knows")
        else:
            by_ptx.append(best)
            remarks.append(
                f"{name} ({capability}) is newer than this nvcc: its driver compiles PTX {best} at first use"
            )
    ordered = tuple(sorted(sass, key=number))
    ptx = min(by_ptx, key=number) if by_ptx else ordered[-1]
    return Code(sass=ordered, ptx=ptx, remarks=tuple(remarks), exact=not remarks), ""


def _nvcc(capability: str) -> str:
    return capability.replace(".", "")


def _span(known: Sequence[str]) -> str:
    return f"{known[0]} - {known[-1]}" if known else "none that mxbuild knows"
