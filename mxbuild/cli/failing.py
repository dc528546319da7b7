"""The end of a command that did not go well: one screen, one exit code. Imported only then."""

import errno
import os
import platform
import sys
import tempfile
import traceback
from contextlib import suppress
from importlib import metadata

import click

from mxbuild.cli.group import GoneError
from mxbuild.cli.invocation import Invocation
from mxbuild.errors import DONE, BuildError, DiskError, Interrupted, MxbuildError, UsageError
from mxbuild.foreign import inert
from mxbuild.version import version

LIBRARIES = ("click", "rich", "msgspec", "GitPython", "packaging")
"""Whose versions a report names."""

FULL = (errno.ENOSPC, errno.EDQUOT)
DISK = (*FULL, errno.EACCES, errno.EPERM, errno.EROFS, errno.EIO)
"""What a machine can do to any program that writes files; none of it is a bug of this one."""


def report(error: BaseException, call: Invocation) -> int:
    """Say what went wrong, on stderr or, with --json, as the last line of stdout.

    Returns:
        The exit code.
    """
    if isinstance(error, GoneError | BrokenPipeError):
        return DONE
    known = _known(error, call)
    with suppress(BrokenPipeError):
        _show(known, call)
    _summarize(known, call)
    return known.exit_code


def _known(error: BaseException, call: Invocation) -> MxbuildError:
    """Every exception as one of ours; what is none is a bug."""
    if isinstance(error, MxbuildError):
        cause = error.__cause__
        return _disk(cause, call) if isinstance(cause, OSError) and cause.errno in FULL else error
    if isinstance(error, click.Abort | KeyboardInterrupt):
        return Interrupted("stopped" + (": the same command goes on where it was" if call.resumable else ""))
    if isinstance(error, click.ClickException):
        context = getattr(error, "ctx", None)
        path = context.command_path if context is not None else "mxbuild"
        return UsageError(_said(error), remedy=f"{path} --help")
    if isinstance(error, OSError) and error.errno in DISK:
        return _disk(error, call)
    if isinstance(error, TimeoutError) and error.filename:  # process.output: what was asked, and has not answered
        return BuildError(
            f"{error.filename} {error.strerror}", remedy="the machine may be busy: the same command again"
        )
    return _bug(error, call)


def _said(error: click.ClickException) -> str:
    """click's words; of an option that there is not, the nearest one alone."""
    if isinstance(error, click.NoSuchOption):
        close = f"; did you mean {error.possibilities[0]}?" if error.possibilities else ""
        return f"there is no option {error.option_name}{close}"
    return error.format_message().rstrip(".")


def _disk(error: OSError, call: Invocation) -> DiskError:
    """A write that fails does not say of which file; the screen names the step."""
    place = f"{error.filename}: " if error.filename else ""
    if error.errno in FULL:
        again = "; the same command then goes on where it was" if call.resumable else ""
        return DiskError(f"{place}the disk is full", remedy=f"make room (df -h){again}")
    return DiskError(f"{place}{error.strerror}")


def _show(error: MxbuildError, call: Invocation) -> None:
    from mxbuild.ui import events, failure, github
    from mxbuild.ui.console import WIDEST, screen

    if call.json:
        print(events.line(events.failed(error, step=call.step)))  # noqa: T201
        return
    # A log is searched for an error's words; a terminal is read.
    stderr = screen(sys.stderr, os.environ, None if sys.stderr.isatty() else WIDEST)
    resume = call.line() if call.resumable else ""
    instead = call.without(error.without) if error.without else ""
    if github.runs(os.environ):
        from mxbuild.redaction import Redactor

        workspace = os.environ.get("GITHUB_WORKSPACE", "")
        for line in github.annotations(error, call.step, workspace, Redactor(os.environ)):
            stderr.command(inert(line))
    stderr.show(*failure.screen(error, stderr.glyphs, step=call.step, resume=resume, instead=instead))


def _summarize(error: MxbuildError, call: Invocation) -> None:
    """Into the summary of a CI job goes what its log is read for; a wrong command line needs none."""
    from mxbuild.cli.summarizing import summarize
    from mxbuild.ui import github

    if github.runs(os.environ) and not isinstance(error, Interrupted | UsageError):
        from mxbuild.ui import summary

        resume = call.line() if call.resumable else ""
        summarize(lambda hide: summary.failed(error, call.step, resume, hide))


def _bug(error: BaseException, call: Invocation) -> MxbuildError:
    what = "".join(traceback.format_exception_only(error)).strip()
    try:
        with tempfile.NamedTemporaryFile(
            "w", encoding="utf-8", prefix="mxbuild-bug-", suffix=".txt", delete=False
        ) as file:
            file.write(_report(error, call))
    except OSError as unwritable:
        place = f"the report cannot be written: {unwritable}"
    else:
        place = f"report: {file.name}"
    return MxbuildError(
        f"This is a bug in mxbuild: {what}",
        details=[place],
        remedy="report it, with that file and what mxbuild bug-report writes; no password is in them",
    )


def _report(error: BaseException, call: Invocation) -> str:
    """Versions, the command and the traceback: what has to be known to find the fault."""
    from mxbuild.redaction import Redactor

    versions = [f"{name} {_version(name)}" for name in LIBRARIES]
    about = [
        f"mxbuild {version()}, Python {platform.python_version()}, {', '.join(versions)}",
        f"{platform.platform()}",
        f"command: {call.line()}",
        "",
        *traceback.format_exception(error),
    ]
    return inert(Redactor(os.environ)("\n".join(about)))


def _version(name: str) -> str:
    try:
        return metadata.version(name)
    except metadata.PackageNotFoundError:
        return "(missing)"
