"""A virtual environment of a given interpreter, with nothing but pip in it."""

import errno
import os
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from mxbuild.errors import BuildError
from mxbuild.execute.context import Context
from mxbuild.execute.scrub import for_checks, for_pip
from mxbuild.foreign import decoded
from mxbuild.model import Line, Progress
from mxbuild.process import FULL, output, run_limited, run_logged

ASK = """
import json, platform, sysconfig
print(json.dumps([platform.python_version(), sysconfig.get_paths()["purelib"], sysconfig.get_paths()["platlib"]]))
"""


ENSURE = """
import ensurepip, importlib.util
if importlib.util.find_spec("pip") is None:
    run = getattr(ensurepip, "_run_pip", None)
    if run is not None:
        ensurepip._run_pip = lambda arguments, *more: run([arguments[0], "--no-compile", *arguments[1:]], *more)
    ensurepip.bootstrap(upgrade=True, default_pip=True)
    importlib.invalidate_caches()
    if importlib.util.find_spec("pip") is None:
        raise SystemExit("ensurepip has installed no pip")
"""
"""What `venv` does for pip, but half of its time: pip's bytecode, of which an install needs a part, is not made."""

PATIENCE = 60.0
"""Seconds for importing what was installed."""


class Installing(Protocol):
    """On whose behalf packages are installed: a step, or what is like one."""

    @property
    def id(self) -> str:
        """Of the step that reports it."""

    @property
    def python(self) -> str:
        """The interpreter that environments are made with."""

    @property
    def log(self) -> str:
        """File that the children's output is appended to."""


@dataclass(frozen=True)
class Installation:
    """What is like a step."""

    id: str
    python: str
    log: str


def create(directory: str, step: Installing, context: Context) -> None:
    """Make it with the step's interpreter; its parent directory is there.

    `-I`: neither the caller's directory nor its variables have a say in which `venv` is run.

    Raises:
        BuildError: the interpreter is gone, or has no venv or no ensurepip.
        OSError: the disk is full.
    """
    context.watch(Progress(id=step.id, done=0, total=None, unit="packages", text="pip"))
    _ran([step.python, "-I", "-m", "venv", "--without-pip", directory], directory, step, context)
    _ran([f"{directory}/bin/python", "-I", "-c", ENSURE], directory, step, context)


def precompile(directory: str, modules: Sequence[str], context: Context) -> None:
    """Import them once: the bytecode of all that they need is there when somebody uses them who may not write it.

    pip would make that of everything, packages' own tests as well, with one core. An import that fails, or takes more
    than PATIENCE seconds, is verification's to tell.
    """
    command = [f"{directory}/bin/python", "-I", "-c", "".join(f"import {name}\n" for name in modules)]
    with tempfile.TemporaryDirectory(prefix="mxbuild-import-") as home:
        run_limited(command, env=for_checks(context.environ, home), cwd=home, timeout=PATIENCE)


def _ran(command: Sequence[str], directory: str, step: Installing, context: Context) -> None:
    said: list[str] = []

    def line(text: str) -> None:
        said.append(text)
        context.watch(Line(id=step.id, text=text))

    try:
        code = run_logged(command, env=for_pip(context.environ), cwd="/", log=step.log, on_line=line)
    except OSError as error:
        if error.errno in (errno.ENOSPC, errno.EDQUOT, errno.EIO):  # it was the log that could not be written
            raise
        raise BuildError(f"{command[0]} cannot be started: {error.strerror}") from error
    if code == 0:
        return
    text = "\n".join(said)
    if FULL.search(text):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), directory)
    details = [*said[-5:], f"log: {step.log}"]
    if "ensurepip" in text or "No module named venv" in text:
        package = f"python{_minor(step.python, context)}-venv"
        raise BuildError(
            f"{step.python} cannot make environments: its venv or ensurepip is not installed",
            details=details,
            remedy=f"apt-get install {package}",
        )
    what = "-m venv" if command[0] == step.python else "-m ensurepip, in the new environment,"
    raise BuildError(f"{step.python} {what} ended with status {code}", details=details)


def ask(directory: str, context: Context) -> tuple[str, list[str]]:
    """Its Python's version, and the directories that packages are in.

    Raises:
        BuildError: its interpreter does not run.
    """
    command = [f"{directory}/bin/python", "-I", "-c", ASK]
    code, text, complaint = output(command, env=for_pip(context.environ), cwd="/")
    if code != 0:
        raise BuildError(f"{command[0]} does not run", details=complaint.splitlines()[-5:])
    try:
        version, *places = decoded(text, tuple[str, str, str])
    except ValueError as error:  # something in it writes before it answers
        raise BuildError(f"{command[0]} does not say where its packages are", details=text.splitlines()[:5]) from error
    return version, places


def _minor(python: str, context: Context) -> str:
    command = [python, "-I", "-c", "import sys; print('%d.%d' % sys.version_info[:2])"]
    return output(command, env=for_pip(context.environ), cwd="/")[1].strip()
