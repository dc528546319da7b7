"""A virtual environment of a given interpreter, with nothing but pip in it."""

import errno
import os
from dataclasses import dataclass
from typing import Protocol

from mxbuild.errors import BuildError
from mxbuild.execute.context import Context
from mxbuild.execute.scrub import for_pip
from mxbuild.foreign import decoded
from mxbuild.model import Line, Progress
from mxbuild.process import FULL, output, run_logged

ASK = """
import json, platform, sysconfig
print(json.dumps([platform.python_version(), sysconfig.get_paths()["purelib"], sysconfig.get_paths()["platlib"]]))
"""


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
        BuildError: the interpreter is gone or has no venv.
        OSError: the disk is full.
    """
    context.watch(Progress(id=step.id, done=0, total=None, unit="packages", text="pip"))
    said: list[str] = []

    def line(text: str) -> None:
        said.append(text)
        context.watch(Line(id=step.id, text=text))

    command = [step.python, "-I", "-m", "venv", directory]
    try:
        code = run_logged(command, env=for_pip(context.environ), cwd="/", log=step.log, on_line=line)
    except OSError as error:
        if error.errno in (errno.ENOSPC, errno.EDQUOT, errno.EIO):  # it was the log that could not be written
            raise
        raise BuildError(f"{step.python} cannot be started: {error.strerror}") from error
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
    raise BuildError(f"{step.python} -m venv ended with status {code}", details=details)


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
