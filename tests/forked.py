"""mxbuild in a fork of the tests' process: a process of its own, but what is imported was imported before."""

import functools
import importlib
import os
import pkgutil
import subprocess
import sys
import tempfile
import traceback
import warnings
from collections.abc import Mapping, Sequence
from pathlib import Path

import mxbuild
from mxbuild.cli import main
from mxbuild.errors import BUG

APART = ("checks", "cases", "inside", "data", "probes", "__main__")
"""Modules that run elsewhere than in mxbuild's own process."""


def run(words: Sequence[str], environ: Mapping[str, str], directory: Path | str) -> "subprocess.CompletedProcess[str]":
    """`mxbuild WORDS` with its own environment, directory and output, and nothing to read."""
    import_all()
    with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err:
        sys.stdout.flush()
        sys.stderr.flush()
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", DeprecationWarning)  # from 3.12 on: there are threads, as xdist's
            child = os.fork()
        if child == 0:
            code = BUG
            try:
                code = _inside(words, environ, directory, (out.fileno(), err.fileno()))
            except BaseException:  # noqa: BLE001 - mxbuild's main lets nothing through
                traceback.print_exc()
            finally:
                os._exit(code)
        _, status = os.waitpid(child, 0)
        said = []
        for file in (out, err):
            file.seek(0)
            said.append(file.read().decode())
    return subprocess.CompletedProcess(["mxbuild", *words], os.waitstatus_to_exitcode(status), *said)


def _inside(words: Sequence[str], environ: Mapping[str, str], directory: Path | str, outputs: tuple[int, int]) -> int:
    for number, file in enumerate(outputs, 1):
        os.dup2(file, number)
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    sys.stdin = open(0, closefd=False)  # noqa: SIM115
    sys.stdout = open(1, "w", encoding="utf-8", closefd=False)  # noqa: SIM115
    sys.stderr = open(2, "w", encoding="utf-8", closefd=False)  # noqa: SIM115
    sys.argv = ["mxbuild", *words]
    os.environ.clear()
    os.environ.update(environ)
    os.chdir(directory)
    tempfile.tempdir = None
    code = main(tuple(words))
    sys.stdout.flush()
    sys.stderr.flush()
    return code


@functools.cache
def import_all() -> None:
    """All of mxbuild, so that no fork has to."""
    for module in pkgutil.walk_packages(mxbuild.__path__, "mxbuild."):
        if not set(module.name.split(".")) & set(APART):
            importlib.import_module(module.name)
