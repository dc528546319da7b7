"""Whether the dynamic loader would find everything that a library needs, by the rules of ld.so(8).

LD_LIBRARY_PATH is left out on purpose: what is only found through it is not found in the next shell.
"""

import os
import re
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

import msgspec

from mxbuild.execute import elf
from mxbuild.process import output

LDCONFIG = ("/sbin/ldconfig", "/usr/sbin/ldconfig", "/bin/ldconfig")
LISTED = re.compile(r"^\t(\S+) \(.*\) => (.+)$")

DEFAULTS = ("/lib64", "/usr/lib64", "/lib", "/usr/lib")
"""Of every glibc; Debian's own has the multiarch directories too, which the cache lists."""

PACKAGES = (
    (r"libopenblas\.so\.0", "libopenblas0"),
    (r"libcuda\.so\.1", "the NVIDIA driver"),
    (r"libtcmalloc\.so\.4", "libgoogle-perftools4"),
    (r"lib(opencv_\w+)\.so\.([\w.]+)", r"lib\1\2"),
    (r"lib([\w+.-]*\d)\.so\.(\d+)", r"lib\1-\2"),
    (r"lib([\w+-]+)\.so\.(\d+)", r"lib\1\2"),
)
"""How Debian names the package of a library: the name, and what stands behind `.so.`."""


class Missing(NamedTuple):
    """A library that the loader would not find."""

    name: str
    wanted_by: str
    """File whose NEEDED has it."""
    package: str
    """Debian package that has it, going by Debian's rules for names; "" where they do not say."""


class Resolution(msgspec.Struct, frozen=True):
    found: dict[str, str]
    """NEEDED name -> file, for everything in the whole tree of needs."""
    missing: tuple[Missing, ...]


def cache(environ: Mapping[str, str]) -> dict[str, tuple[str, ...]]:
    """The loader's cache (/etc/ld.so.cache) as ldconfig prints it: name -> files, best first; {} without ldconfig."""
    program = next((p for p in LDCONFIG if os.access(p, os.X_OK)), None)
    if program is None:
        return {}
    listed: dict[str, tuple[str, ...]] = {}
    for line in output([program, "-p"], env={**environ, "LC_ALL": "C"}, cwd="/")[1].splitlines():
        if found := LISTED.match(line):
            listed[found[1]] = (*listed.get(found[1], ()), found[2])
    return listed


def resolve(
    path: str, cached: Mapping[str, Sequence[str]], read: Callable[[str], elf.Dynamic] = elf.dynamic
) -> Resolution:
    """Follow NEEDED from `path` through everything that it loads, breadth first as the loader does.

    Args:
        read: takes a file's dynamic section; one that remembers is quicker where several share their libraries.

    Raises:
        OSError, ValueError: `path` itself is no ELF file that can be read.
    """
    top = read(path)
    found: dict[str, str] = {}
    missing: dict[str, Missing] = {}
    loaded = {top.soname} if top.soname else set()
    inherited = expanded(top.rpath, path) if not top.runpath else ()
    queue = [(path, top, inherited)]
    while queue:
        here, facts, above = queue.pop(0)
        own = expanded(facts.runpath, here) if facts.runpath else above
        for name in facts.needed:
            if name in found or name in missing or name in loaded:
                continue
            place = _look(name, [*own, *_cached(name, cached), *DEFAULTS], top, read)
            if place is None:
                missing[name] = Missing(name, here, package(name))
                continue
            found[name] = place
            below = read(place)
            loaded |= {below.soname} if below.soname else set()
            passed = () if below.runpath else (*expanded(below.rpath, place), *above)
            queue.append((place, below, passed))
    return Resolution(found, tuple(missing.values()))


def package(name: str) -> str:
    """The Debian package that has a library, by its name: libgfortran.so.3 -> libgfortran3; "" for no guess."""
    for pattern, replacement in PACKAGES:
        if found := re.fullmatch(pattern, name):
            guess = found.expand(replacement)
            return guess if " " in guess else guess.lower().replace("_", "-")
    return ""


def _look(name: str, places: Sequence[str], top: elf.Dynamic, read: Callable[[str], elf.Dynamic]) -> str | None:
    """The first that is there and of the same kind of machine; others the loader passes over."""
    candidates = [name] if "/" in name else [p if p.endswith(f"/{name}") else f"{p}/{name}" for p in places]
    for candidate in candidates:
        try:
            facts = read(candidate)
        except (OSError, ValueError):
            continue
        if (facts.machine, facts.bits) == (top.machine, top.bits):
            return candidate
    return None


def _cached(name: str, cached: Mapping[str, Sequence[str]]) -> Sequence[str]:
    return cached.get(name, ())


def expanded(directories: Sequence[str], path: str) -> tuple[str, ...]:
    """A run path's directories; $ORIGIN is the saying file's own, links followed as the kernel's loader does."""
    origin = str(Path(path).resolve().parent)
    return tuple(d.replace("${ORIGIN}", origin).replace("$ORIGIN", origin) for d in directories)
