"""Programs that a build calls or that a feature needs."""

from typing import NamedTuple

from mxbuild.detect import parse
from mxbuild.detect.programs import Ask, find, said
from mxbuild.model import Note, Tool
from mxbuild.system import System


class _Question(NamedTuple):
    programs: tuple[str, ...]
    argument: str
    before: str
    """Pattern in front of the version in the answer; another program under the same name does not match."""


QUESTIONS = {
    "make": _Question(("make", "gmake"), "--version", "GNU Make "),
    "git": _Question(("git",), "--version", "git version "),
    "ccache": _Question(("ccache",), "--version", "ccache version "),
    "distcc": _Question(("distcc",), "--version", "distcc "),
    "pkg-config": _Question(("pkg-config", "pkgconf"), "--version", r"^\s*"),
    "dot": _Question(("dot",), "-V", "graphviz version "),
    "cmake": _Question(("cmake",), "--version", "cmake version "),
    "protoc": _Question(("protoc",), "--version", "libprotoc "),
}


def look(system: System, ask: Ask, notes: list[Note]) -> dict[str, Tool]:
    """The first of each on PATH; one that does not answer is left out, with a note."""
    paths = {name: path for name in QUESTIONS if (path := _first(system, QUESTIONS[name].programs))}
    lines = [[path, QUESTIONS[name].argument] for name, path in paths.items()]
    tools: dict[str, Tool] = {}
    for (name, path), line, answer in zip(paths.items(), lines, ask(lines), strict=True):
        version = parse.version(said(answer), QUESTIONS[name].before)
        if version:
            tools[name] = Tool(name=name, path=path, version=version, source=" ".join(line))
        else:
            notes.append(Note("tool", f"`{' '.join(line)}` does not say a version; {name} left out"))
    return tools


def _first(system: System, programs: tuple[str, ...]) -> str | None:
    return next((path for program in programs if (path := find(system, program))), None)
