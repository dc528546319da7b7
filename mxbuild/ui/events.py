"""The machine's own output: one JSON object per line and event, and one at the end. Its form is stable."""

import threading
from collections.abc import Mapping
from typing import Any, TextIO, final

import msgspec

from mxbuild.errors import HostError, MxbuildError
from mxbuild.foreign import escaped
from mxbuild.model import Event
from mxbuild.redaction import redacted


@final
class JsonLines:
    """Writes events to a stream, from any thread.

    A reader that goes away does not end the work that it read about: writing stops, quietly.
    """

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream
        self._lock = threading.Lock()
        self._open = True

    def __enter__(self) -> "JsonLines":
        return self

    def __exit__(self, *exc: object) -> None:
        """Nothing is left to be written."""

    def watch(self, event: Event) -> None:
        line = escaped(msgspec.json.encode(event).decode())
        with self._lock:
            if not self._open:
                return
            try:
                self._stream.write(redacted(line) + "\n")
                self._stream.flush()
            except BrokenPipeError:
                self._open = False


def line(data: Mapping[str, Any]) -> str:
    """`data` as one line of JSON."""
    return escaped(msgspec.json.encode(data).decode())


def document(data: object) -> str:
    """`data` as a JSON document for commands that print just one."""
    return escaped(msgspec.json.format(msgspec.json.encode(data, order="deterministic"), indent=2).decode())


def result(**fields: object) -> dict[str, Any]:
    """The last object of a command that went well."""
    return {"type": "result", "ok": True, "exit_code": 0, **fields}


def failed(error: MxbuildError, *, step: str = "") -> dict[str, Any]:
    """The last object of a command that failed."""
    about: dict[str, Any] = {
        "kind": error.kind,
        "message": redacted(error.message),
        "details": [redacted(d) for d in error.details],
        "remedy": redacted(error.remedy) if error.remedy else None,
        "step": step or None,
    }
    if error.without:
        about["without"] = error.without
    if isinstance(error, HostError):
        about["complaints"] = [complaint._asdict() for complaint in error.complaints]
        about["nearest"] = error.nearest or None
    return {"type": "result", "ok": False, "exit_code": error.exit_code, "error": about}
