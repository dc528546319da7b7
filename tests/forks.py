"""mxbuild in a process of its own that is a fork of this one: what the tests have imported need not be imported again.

A start of the interpreter with all that a verb imports takes twenty times as long. What a start itself does, tests of
`python -m mxbuild` show.
"""

import contextlib
import functools
import gc
import importlib
import os
import pkgutil
import subprocess
import sys
import tempfile
import traceback
import warnings
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TextIO

import mxbuild as package
from mxbuild.cli import main
from mxbuild.errors import BUG

APART = ("checks", "cases", "inside", "data", "probes", "__main__")
"""Modules that run elsewhere than in mxbuild's own process."""


def start(
    work: Callable[[], int],
    *,
    stdin: int,
    stdout: int,
    stderr: int,
    environ: Mapping[str, str],
    cwd: str | Path,
    session: bool = False,
) -> int:
    """Call `work` in a fork, which ends with what it returns.

    Args:
        stdin, stdout, stderr: the fork's.
        environ: all its variables.
        session: it leads one of its own.

    Returns:
        Its process id.
    """
    sys.stdout.flush()
    sys.stderr.flush()
    with warnings.catch_warnings():
        # Python 3.12: what the threads of pytest-xdist do is of no account in the fork.
        warnings.simplefilter("ignore", DeprecationWarning)
        child = os.fork()
    if child:
        return child
    code = BUG
    try:
        gc.freeze()  # what is here already is not looked through, which would copy it
        if session:
            os.setsid()
        for number, stream in enumerate([os.dup(fd) for fd in (stdin, stdout, stderr)]):
            os.dup2(stream, number)
            os.close(stream)
        sys.stdin, sys.stdout, sys.stderr = map(_text, range(3))
        os.environ.clear()
        os.environ.update(environ)
        os.chdir(cwd)
        code = work()
    except SystemExit as error:
        code = error.code if isinstance(error.code, int) else BUG
    except BaseException:  # noqa: BLE001 - nothing may go on as the tests do
        traceback.print_exc()
    finally:
        with contextlib.suppress(Exception):
            sys.stdout.flush()
            sys.stderr.flush()
        os._exit(code)


def called(work: Callable[[], int], *, environ: Mapping[str, str], cwd: str | Path) -> tuple[int, str, str]:
    """Its exit code, and what it said on stdout and stderr, without a terminal."""
    with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err, open(os.devnull, "rb") as nothing:
        fds = {"stdin": nothing.fileno(), "stdout": out.fileno(), "stderr": err.fileno()}
        child = start(work, environ=environ, cwd=cwd, **fds)
        code = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
        out.seek(0)
        err.seek(0)
        return code, out.read().decode(), err.read().decode()


def mxbuild(*words: str, environ: Mapping[str, str], cwd: str | Path) -> "subprocess.CompletedProcess[str]":
    """`mxbuild WORDS`, as subprocess.run would tell of it."""

    def work() -> int:
        sys.argv = ["mxbuild", *words]
        tempfile.tempdir = None  # as these variables say, not as the tests' do
        return main(words)

    return subprocess.CompletedProcess(["mxbuild", *words], *called(work, environ=environ, cwd=cwd))


@functools.cache
def import_all() -> None:
    """All of mxbuild, so that no fork has to."""
    for module in pkgutil.walk_packages(package.__path__, "mxbuild."):
        if not set(module.name.split(".")) & set(APART):
            importlib.import_module(module.name)


def _text(number: int) -> TextIO:
    mode = "r" if number == 0 else "w"
    buffering = 1 if number == 2 or os.isatty(number) else -1
    return open(number, mode, buffering, encoding="utf-8", closefd=False)
