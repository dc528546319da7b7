"""The machine's own output: one JSON object per line and event, and one at the end. Its form is stable."""

import threading
import time
from collections.abc import Callable, Mapping
from typing import Any, Literal, TextIO, final

import msgspec
from msgspec import UNSET, UnsetType

from mxbuild.errors import HostError, MxbuildError
from mxbuild.foreign import escaped
from mxbuild.model import Event, Receipt
from mxbuild.model.base import Struct
from mxbuild.redaction import redacted
from mxbuild.ui.heartbeat import Heartbeat


class StillRunning(Struct, kw_only=True, frozen=True, tag="still-running"):
    """A step still runs, and nothing was written for a minute."""

    id: str
    """The step's."""
    title: str
    """The step in a few words."""
    seconds: float
    """Since it began."""


class Succeeded(Struct, kw_only=True, frozen=True, tag="result"):
    """The last line of a command that went well; what else it has to say stands beside these."""

    ok: Literal[True] = True
    exit_code: Literal[0] = 0


class InstallSucceeded(Struct, kw_only=True, frozen=True, tag="result"):
    """The last line of `mxbuild install`, when all is as it was asked for."""

    ok: Literal[True] = True
    exit_code: Literal[0] = 0
    unchanged: bool
    """All was there already; nothing was changed."""
    environment: str
    """Path of the environment; its interpreter is bin/python below it."""
    receipt: Receipt
    """What was asked for against what was got."""


class Complained(Struct, kw_only=True, frozen=True):
    """One thing that speaks against a build on this machine."""

    text: str
    """What it is."""
    remedy: str
    """What to do; a command that can be pasted, where there is one."""
    without: str = ""
    """The feature whose absence would cure it; "" where none would."""


class ErrorReport(Struct, kw_only=True, frozen=True):
    """What went wrong."""

    kind: str
    """usage, recipe, host, source, apt, build, verification, disk, interrupted, or error: a bug in mxbuild."""
    message: str
    """One sentence."""
    details: tuple[str, ...]
    """Further lines: the log's first error and what follows it, its cause, where to look."""
    remedy: str | None
    """What to do about it."""
    step: str | None
    """Title of the step that failed; null where none was under way."""
    without: str | UnsetType = UNSET
    """Option without which the same command would go on."""
    complaints: tuple[Complained, ...] | UnsetType = UNSET
    """Of kind host: every reason."""
    nearest: str | UnsetType | None = UNSET
    """Of kind host: the commands that do work here, one a line."""


class Failed(Struct, kw_only=True, frozen=True, tag="result"):
    """The last line of a command that failed."""

    ok: Literal[False] = False
    exit_code: int
    """The process's own."""
    error: ErrorReport
    """What went wrong."""


@final
class JsonLines:
    """Writes events to a stream, from any thread.

    A reader that goes away does not end the work that it read about: writing stops, quietly.
    """

    def __init__(self, stream: TextIO, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._stream = stream
        self._lock = threading.Lock()
        self._open = True
        self.heartbeat = Heartbeat(self._lock, self._still, clock)

    def __enter__(self) -> "JsonLines":
        self.heartbeat.__enter__()
        return self

    def __exit__(self, *exc: object) -> None:
        self.heartbeat.__exit__(*exc)

    def watch(self, event: Event) -> None:
        with self._lock:
            self.heartbeat.note(event, spoken=True)
            self._write(event)

    def _still(self, step: str, title: str, seconds: float) -> None:
        self._write(StillRunning(id=step, title=title, seconds=round(seconds, 1)))

    def _write(self, event: Event | StillRunning) -> None:
        if not self._open:
            return
        try:
            self._stream.write(redacted(line(event)) + "\n")
            self._stream.flush()
        except BrokenPipeError:
            self._open = False


def line(data: Mapping[str, Any] | msgspec.Struct) -> str:
    """`data` as one line of JSON."""
    return _mute(msgspec.json.encode(data).decode())


def document(data: object) -> str:
    """`data` as a JSON document for commands that print just one."""
    return _mute(msgspec.json.format(msgspec.json.encode(data, order="deterministic"), indent=2).decode())


def _mute(text: str) -> str:
    """JSON without what terminals and CI services obey: to GitHub, `##[` is a command wherever it stands."""
    return escaped(text).replace("##[", "#\\u0023[")


def result(**fields: object) -> dict[str, Any]:
    """The last object of a command that went well: what Succeeded has, and what the command has to say."""
    return {**msgspec.to_builtins(Succeeded()), **fields}


def failed(error: MxbuildError, *, step: str = "") -> dict[str, Any]:
    """The last object of a command that failed."""
    host = error if isinstance(error, HostError) else None
    about = ErrorReport(
        kind=error.kind,
        message=redacted(error.message),
        details=tuple(redacted(d) for d in error.details),
        remedy=redacted(error.remedy) if error.remedy else None,
        step=step or None,
        without=error.without or UNSET,
        complaints=tuple(Complained(**c._asdict()) for c in host.complaints) if host else UNSET,
        nearest=(host.nearest or None) if host else UNSET,
    )
    made: dict[str, Any] = msgspec.to_builtins(Failed(exit_code=error.exit_code, error=about))
    return made
