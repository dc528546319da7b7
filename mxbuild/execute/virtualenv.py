"""A virtual environment of a given interpreter, with nothing in it; the first use of pip there brings pip along."""

import errno
import os
import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
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

LACKS = re.compile(r"No module named '?(?:venv|ensurepip)\b|ensurepip is not")
"""Debian's words where python3-venv is not installed."""


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
        BuildError: the interpreter is gone, or has no venv.
        OSError: the disk is full.
    """
    said: list[str] = []

    def line(text: str) -> None:
        said.append(text)
        context.watch(Line(id=step.id, text=text))

    context.watch(Progress(id=step.id, done=0, total=None, unit="packages", text="pip"))
    command = [step.python, "-I", "-m", "venv", "--without-pip", directory]
    with starting(command[0]):
        code = run_logged(command, env=for_pip(context.environ), cwd="/", log=step.log, on_line=line)
    if code != 0:
        raise refusal(f"-m venv ended with status {code}", said, directory, step, context)


@contextmanager
def starting(program: str) -> Iterator[None]:
    """For running it into a log.

    Raises:
        BuildError: it cannot be started.
        OSError: the log cannot be written.
    """
    try:
        yield
    except OSError as error:
        if error.errno in (errno.ENOSPC, errno.EDQUOT, errno.EIO):
            raise
        raise BuildError(f"{program} cannot be started: {error.strerror}") from error


def refusal(what: str, said: Sequence[str], directory: str, step: Installing, context: Context) -> BuildError | OSError:
    """Why an interpreter has made no environment, or an environment no pip.

    Args:
        what: was run, and how it ended.
        said: its output.

    Returns:
        An OSError where the disk is full.
    """
    text = "\n".join(said)
    if FULL.search(text):
        return OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), directory)
    details = [*said[-5:], f"log: {step.log}"]
    if LACKS.search(text):
        return BuildError(
            f"{step.python} cannot make environments: its venv or ensurepip is not installed",
            details=details,
            remedy=f"apt-get install python{_minor(step.python, context)}-venv",
        )
    return BuildError(f"{step.python} {what}", details=details)


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
