"""Every C++ compiler on PATH, with the C compiler that belongs to it."""

import re
from collections.abc import Iterator
from typing import Literal, NamedTuple

from mxbuild.detect import parse
from mxbuild.detect.programs import Ask, find_all, said
from mxbuild.model import Compiler, Note
from mxbuild.system import System

NAME = re.compile(r"(g\+\+|clang\+\+)(-[0-9]+(?:\.[0-9]+)*)?", re.ASCII)

MASQUERADES = ("ccache", "distcc", "icecc", "sccache", "buildcache", "gomacc")
"""Programs that stand in for a compiler under its name (Debian's /usr/lib/ccache/g++ leads to ../../bin/ccache)."""


class _Candidate(NamedTuple):
    path: str
    real: str
    family: Literal["gcc", "clang"]


def look(system: System, ask: Ask, notes: list[Note]) -> tuple[Compiler, ...]:
    """The default g++ first, then g++ by version, then clang++ by version, newest first."""
    candidates = tuple(_candidates(system))
    answers = iter(ask([line for candidate in candidates for line in _questions(candidate)]))
    found: list[Compiler] = []
    for candidate in candidates:
        version, target = said(next(answers)), said(next(answers))
        number = parse.version(version, r"clang version " if candidate.family == "clang" else r"^\s*")
        if not number:
            notes.append(Note("compiler", f"{candidate.path} does not say its version; left out"))
            continue
        found.append(
            Compiler(
                cxx=candidate.path,
                cc=_partner(system, candidate),
                family=candidate.family,
                version=number,
                target=next(iter(target.split()), ""),
                source=" ".join(_questions(candidate)[0]),
            )
        )
    default = next((c for c in found if c.cxx.endswith("/g++")), None)
    found.sort(key=lambda c: (c is default, c.family == "gcc", parse.newest(c.version)), reverse=True)
    return tuple(found)


def _questions(candidate: _Candidate) -> list[list[str]]:
    # Before gcc 7 only -dumpversion is known and says it all; from 7 on it may say the major version alone.
    how = ["-dumpfullversion", "-dumpversion"] if candidate.family == "gcc" else ["--version"]
    return [[candidate.path, *how], [candidate.path, "-dumpmachine"]]


def _candidates(system: System) -> Iterator[_Candidate]:
    """Each compiler once, under its plainest name."""
    paths = [p for pattern in ("g++*", "clang++*") for p in find_all(system, pattern) if NAME.fullmatch(_name(p))]
    paths.sort(key=lambda path: len(_name(path)))  # stable: PATH's order among equals, g++ before g++-12
    seen: set[str] = set()
    for path in paths:
        real = system.realpath(path)
        if real in seen or _name(real) in MASQUERADES:
            continue
        seen.add(real)
        yield _Candidate(path, real, "clang" if _name(path).startswith("clang") else "gcc")


def _partner(system: System, compiler: _Candidate) -> str:
    """gcc beside g++, of the same version where links tell: alternatives can point g++ and gcc at different ones."""
    sibling = _c_path(compiler.path)
    beside_real = _c_path(compiler.real)
    if system.executable(sibling) and system.realpath(sibling) in (beside_real, sibling):
        return sibling
    return next((path for path in (beside_real, sibling) if path != compiler.real and system.executable(path)), "")


def _c_path(path: str) -> str:
    directory, _, name = path.rpartition("/")
    return f"{directory}/{name.replace('clang++', 'clang').replace('g++', 'gcc')}"


def _name(path: str) -> str:
    return path.rsplit("/", 1)[-1]
