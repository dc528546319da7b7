"""GitHub's workflow commands: groups and annotations, and how foreign text is kept from being one.

The runner reads stdout and stderr line by line. A line is a command where it begins, after blanks, with `::NAME ...::`,
and where it has `##[NAME ...]` anywhere (actions/runner, src/Runner.Common/ActionCommand.cs).
"""

import io
import os
import re
from collections.abc import Callable, Iterator, Mapping
from typing import TextIO, cast, final

from mxbuild.errors import HostError, Interrupted, MxbuildError, RecipeError

COMMAND, OLD = re.compile(r"(?m)(?:^|(?<=\r))([^\S\r\n]*)::"), re.compile(r"##\[")
"""A line ends with a carriage return as well (.NET's TextReader.ReadLine)."""
PLACE = re.compile(r"([^\s:][^:\n]*):(\d{1,9})(?::(\d{1,9}))?: (.+)", re.DOTALL)
"""file:line[:column]: what is wrong there."""
SHOWN = 10
"""Annotations of one level that GitHub shows of a step."""
TOLD = ("cause: ", "try: ")
"""Details that belong into an annotation; the log has all of them."""


def runs(environ: Mapping[str, str]) -> bool:
    """Whether this is a job of GitHub Actions."""
    return environ.get("GITHUB_ACTIONS") == "true"


def command(name: str, message: str = "", **properties: str | int | None) -> str:
    """A line that the runner obeys; properties that are None or empty are left out."""
    given = [f"{key}={_escaped(f'{value}', ':,')}" for key, value in properties.items() if value not in (None, "")]
    return f"::{name}{' ' * bool(given)}{','.join(given)}::{_escaped(message)}"


def harmless(text: str) -> str:
    """`text` with a backslash in whatever the runner would take for a command."""
    return OLD.sub(r"##\\[", COMMAND.sub(r"\1\\::", text))


def guarded(stream: TextIO, environ: Mapping[str, str]) -> TextIO:
    """The stream, through which no command gets where somebody would obey it."""
    return cast("TextIO", Guard(stream)) if runs(environ) else stream


@final
class Guard(io.TextIOBase):
    """A stream on which every line is harmless. What is written begins at a line's begin, as screens write it."""

    def __init__(self, stream: TextIO) -> None:
        self.stream = stream

    @property
    def encoding(self) -> str:  # type: ignore[override]
        """As the stream has it."""
        return self.stream.encoding

    def write(self, text: str) -> int:
        return self.stream.write(harmless(text))

    def flush(self) -> None:
        self.stream.flush()

    def isatty(self) -> bool:
        return self.stream.isatty()

    def fileno(self) -> int:
        return self.stream.fileno()


def annotations(error: MxbuildError, step: str, workspace: str, hide: Callable[[str], str]) -> Iterator[str]:
    """The commands that put an error onto the run's page, and into the file that it is about.

    Args:
        step: title of the step that failed; "" for none.
        workspace: the job's checkout, from which GitHub counts paths; "" where nobody says.
        hide: takes out what is secret.
    """
    if isinstance(error, Interrupted):
        return
    title = hide(f"mxbuild: {step or error.kind}")
    if isinstance(error, RecipeError) and (faults := [p for d in error.details if (p := PLACE.match(hide(d)))]):
        yield from (_located(fault, fault[4].splitlines()[0], title, workspace) for fault in faults[:SHOWN])
        return
    more = error.details if isinstance(error, HostError) else [d for d in error.details if d.startswith(TOLD)]
    remedy = [f"remedy: {error.remedy}"] if error.remedy else []
    message, rest = hide(error.message), [hide(line) for line in (*more, *remedy)]
    if place := PLACE.match(message):
        yield _located(place, "\n".join([place[4], *rest]), title, workspace)
    else:
        yield command("error", "\n".join([message, *rest]), title=title)


def _located(place: "re.Match[str]", text: str, title: str, workspace: str) -> str:
    file = place[1]
    if workspace and os.path.isabs(file) and not (inside := os.path.relpath(file, workspace)).startswith("../"):
        file = inside
    return command("error", text, file=file, line=place[2], col=place[3], title=title)


def _escaped(text: str, more: str = "") -> str:
    for character in f"%\r\n{more}":
        text = text.replace(character, f"%{ord(character):02X}")
    return text
