"""Where the two virtual environments of a notebook lie, and what is written down of them."""

import os
import re
from contextlib import suppress
from pathlib import Path
from typing import Literal

import msgspec

from mxbuild import durable
from mxbuild.foreign import decoded
from mxbuild.model import Moment

DIRECTORY = "notebook"
"""Below the prefix; below the state's directory: Jupyter's settings, and the logs of installs."""
RECORD = "notebook.json"
"""Written last: what has none is not finished."""
NAME = re.compile(r"(?:server-py3\.[0-9]+|kernel-(?P<environment>.+))-[0-9a-f]{8}")


class Record(msgspec.Struct, frozen=True, kw_only=True):
    """What was installed, and for what."""

    format: int = 1
    mxbuild: str
    kind: Literal["server", "kernel"]
    environment: str = ""
    """Path of the one that a kernel is for."""
    python: str
    """Path and version of the interpreter, as a receipt has it."""
    packages: dict[str, str]
    """Name -> version."""
    hashed: bool
    """Whether each wheel was compared with the lock's SHA-256."""
    release: str = ""
    """What MXNet says of itself in the kernel."""
    gluon: bool = False
    """Whether it has what the starter notebook trains with; the miniature has not."""
    finished: Moment
    """Unix time."""


def root(prefix: str) -> str:
    return f"{prefix}/{DIRECTORY}"


def read(place: str) -> Record | None:
    """The record of what lies at a place; None where it is not finished, or damaged."""
    try:
        return decoded(Path(place, RECORD).read_bytes(), Record)
    except (OSError, ValueError):
        return None


def write(place: str, record: Record) -> None:
    """From now on it counts as installed.

    Raises:
        OSError: the disk refuses.
    """
    durable.write(f"{place}/{RECORD}", msgspec.json.format(msgspec.json.encode(record), indent=2) + b"\n")


def every(prefix: str) -> list[str]:
    """Paths of all that has such a name, finished or not."""
    with suppress(OSError):
        return [f"{root(prefix)}/{name}" for name in sorted(os.listdir(root(prefix))) if NAME.fullmatch(name)]
    return []


def environment_of(place: str) -> str:
    """Name of the environment that a kernel is for, by its place; "" for a server."""
    found = NAME.fullmatch(os.path.basename(place))
    return (found["environment"] or "") if found else ""


def lock_of(place: str) -> str:
    """Held alone by who installs or removes it, together by the servers that use it."""
    return f"{place}.lock"
