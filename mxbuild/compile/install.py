"""Putting launchers in place: small scripts named like the compilers that they stand before."""

import os
import re
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

from mxbuild.compile import launcher
from mxbuild.model import Compiler

SHEBANG = 127
"""Bytes of a `#!` line that every Linux takes (BINPRM_BUF_SIZE was 128 before 5.1)."""

LITERALS = 'COMPILER = ""\nPREFIX = ""\nLEDGER = ""\nFLAGS: "dict[str, tuple[str, ...]]" = {}\n'


class Launchers(NamedTuple):
    """Paths for CC, CXX and NVCC."""

    cc: str
    cxx: str
    nvcc: str
    """ "" where no nvcc was asked for."""


def install(
    directory: str,
    *,
    compiler: Compiler,
    ledger: str,
    prefix: str = "",
    nvcc: str = "",
    flags: Mapping[str, Sequence[str]] | None = None,
) -> Launchers:
    """Write the launchers.

    Args:
        ledger: file that they append to.
        prefix: ccache's path, "" for none; nvcc is called without it.
        nvcc: its path, "" for none.
        flags: absolute path of a source -> what its compiles get at the end of their command line.

    Raises:
        OSError: the directory cannot be written.
    """
    Path(directory).mkdir(parents=True, exist_ok=True)
    before, found, after = Path(launcher.__file__).read_text(encoding="utf-8").partition(LITERALS)
    assert found, "the launcher has lost its literals"
    table = {source: tuple(more) for source, more in (flags or {}).items()}
    programs = [("gcc", compiler.cc or compiler.cxx, prefix), ("g++", compiler.cxx, prefix)]
    if nvcc:
        programs.append(("nvcc", nvcc, ""))
    written = []
    for name, real, before_it in programs:
        literals = f"COMPILER = {real!a}\nPREFIX = {before_it!a}\nLEDGER = {ledger!a}\nFLAGS = {table!a}\n"
        path = Path(directory, name)
        partial = Path(directory, f"{name}.partial-{os.getpid()}")
        partial.write_text(head(os.path.realpath(sys.executable)) + before + literals + after, encoding="utf-8")
        partial.chmod(0o755)
        os.replace(partial, path)
        written.append(str(path))
    return Launchers(written[0], written[1], written[2] if nvcc else "")


def head(python: str) -> str:
    """The first lines: the interpreter itself, never `env python3`, where a pyenv shim costs 0.3 s for each call."""
    line = f"#!{python} -IS\n"
    if len(line.encode()) <= SHEBANG and not re.search(r"\s", python):
        return line
    quoted = "'" + python.replace("'", "'\"'\"'") + "'"
    # sh reads `: r` and then the command; Python reads one string, in which a backslash stands for itself.
    return f"#!/bin/sh\n''':'\nexec {quoted} -IS \"$0\" \"$@\"\n'''\n"
