"""Putting launchers in place: small scripts named like the compilers that they stand before."""

import os
import stat
import sys
from pathlib import Path
from typing import NamedTuple

from mxbuild.compile import launcher
from mxbuild.model import Compiler

SHEBANG = 127
"""Bytes of a `#!` line that every Linux takes (BINPRM_BUF_SIZE was 128 before 5.1)."""


class Launchers(NamedTuple):
    """Paths for CC and CXX."""

    cc: str
    cxx: str


def install(directory: str, *, compiler: Compiler, ledger: str, prefix: str = "") -> Launchers:
    """Write the launchers.

    Args:
        ledger: file that they append to.
        prefix: ccache's path, "" for none.

    Raises:
        OSError: the directory cannot be written.
    """
    Path(directory).mkdir(parents=True, exist_ok=True)
    text = Path(launcher.__file__).read_text()
    written = []
    for name, real in (("gcc", compiler.cc or compiler.cxx), ("g++", compiler.cxx)):
        literals = f"COMPILER = {real!r}\nPREFIX = {prefix!r}\nLEDGER = {ledger!r}\n"
        body = text.replace('COMPILER = ""\nPREFIX = ""\nLEDGER = ""\n', literals, 1)
        path = Path(directory, name)
        partial = path.with_suffix(f".partial-{os.getpid()}")
        partial.write_text(_head() + body)
        partial.chmod(stat.S_IRWXU | stat.S_IRGRP | stat.S_IXGRP | stat.S_IROTH | stat.S_IXOTH)
        os.replace(partial, path)
        written.append(str(path))
    return Launchers(*written)


def _head() -> str:
    """The interpreter itself, never `env python3`: a pyenv shim costs 0.3 s for each call."""
    python = os.path.realpath(sys.executable)
    line = f"#!{python} -IS\n"
    if len(line.encode()) <= SHEBANG and " " not in python:
        return line
    quoted = python.replace("'", "'\\''")
    # sh sees a command; Python sees a string.
    return f"#!/bin/sh\n''':'\nexec '{quoted}' -IS \"$0\" \"$@\"\n'''\n"
