"""`mxbuild explain-log`."""

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

import click

from mxbuild.cli.group import Verb
from mxbuild.cli.options import json_option
from mxbuild.errors import DONE, UNWELL, UsageError

EXAMPLES = (
    ("mxbuild explain-log build.log", "what went wrong first, why, and what to do"),
    ("make 2>&1 | mxbuild explain-log -", "of any build of MXNet: make, cmake, nvcc"),
    ("python train.py 2>&1 | mxbuild explain-log -", "or of an import, or a CUDA error"),
    ("mxbuild explain-log", "the newest log of mxbuild's own"),
)
STDIN = "-"


@click.command("explain-log", cls=Verb, examples=EXAMPLES)
@click.argument("log", required=False, metavar="[LOG]")
@json_option
def command(*, log: str | None, json: bool) -> int:
    """Say what went wrong first in LOG, why, and what to do: also in logs that mxbuild did not write.

    LOG is a file (.gz too) or - for stdin; without it, the newest log of mxbuild's own builds. Exit code 0 where
    something is explained, 10 where the failure book knows nothing of it.
    """
    from mxbuild.failures import diagnose

    name = log or _newest()
    with _opened(name) as stream:
        try:
            seen = diagnose(stream)
        except (OSError, EOFError) as error:
            raise UsageError(f"{name} cannot be read: {error}") from error
    shown = "stdin" if name == STDIN else name
    if json:
        from mxbuild.redaction import redacted
        from mxbuild.ui.events import document

        click.echo(redacted(document({"log": shown, "explained": seen.explained, "diagnosis": seen})))
    else:
        from mxbuild.ui.console import screen
        from mxbuild.ui.diagnosis import screen as told

        out = screen(sys.stdout, os.environ)
        out.show(*told(seen, shown, out.glyphs))
    return DONE if seen.explained else UNWELL


@contextmanager
def _opened(name: str) -> Iterator[BinaryIO]:
    """The log, to be read once.

    Raises:
        UsageError: there is none.
    """
    import gzip
    import zlib

    if name == STDIN:
        yield sys.stdin.buffer
        return
    try:
        if name.endswith(".gz"):
            with gzip.open(name, "rb") as packed:
                yield packed  # type: ignore[misc]
        else:
            with open(name, "rb") as file:
                yield file
    except (EOFError, zlib.error, gzip.BadGzipFile) as error:
        raise UsageError(f"{name} is no whole gzip file", remedy="name the log itself") from error
    except (FileNotFoundError, IsADirectoryError, PermissionError) as error:
        raise UsageError(f"{name}: {error.strerror}", remedy="name a file, or - for stdin") from error


def _newest() -> str:
    from mxbuild.locations import locations

    state = locations(os.environ).state
    logs = [*Path(state, "builds").glob("*/*.log"), *Path(state, "apt").glob("*.log")]
    if not logs:
        raise UsageError(f"no log is kept under {state}", remedy="name a file, or - for stdin")
    return str(max(logs, key=lambda file: file.stat().st_mtime))
