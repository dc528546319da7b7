"""C++ operators of the user's own: which files a directory has that a build would take."""

import hashlib
import os
from collections.abc import Iterator

from mxbuild.errors import UsageError
from mxbuild.model import ExtraOperators

SOURCES, HEADERS = (".cc", ".cu"), (".h", ".hpp", ".cuh", ".inl")
LARGEST = 16 << 20
"""Bytes of all files together; more is no directory of operators."""
PLAIN = frozenset("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_.+-/")
"""What make's lists can have in a name."""


def look(directory: str) -> ExtraOperators:
    """Sources and headers below the directory, each with its hash. Hidden directories are passed over.

    Raises:
        UsageError: make would find nothing to compile there; a name that make cannot take; a file cannot be read.
    """
    if not os.path.isdir(directory):
        raise UsageError(f"--extra-operators {directory}: there is no such directory")
    found, size = dict[str, str](), 0
    try:
        for name in _names(directory):
            if not set(name) <= PLAIN:
                raise UsageError(f"--extra-operators {directory}: make cannot have {name!r} in a list of files")
            with open(f"{directory}/{name}", "rb") as stream:
                content = stream.read(LARGEST + 1)
            if (size := size + len(content)) > LARGEST:
                raise UsageError(f"--extra-operators {directory} holds more than {LARGEST >> 20} MB of sources")
            found[name] = hashlib.sha256(content).hexdigest()
    except OSError as error:
        where = error.filename or directory
        raise UsageError(f"--extra-operators: {where} cannot be read: {error.strerror}") from error
    if not any(name.endswith(SOURCES) and name.count("/") < 2 for name in found):
        raise UsageError(
            f"--extra-operators {directory}: make compiles DIR/*.cc and DIR/*/*.cc (and .cu), and there is none",
            remedy="mxbuild new-operator NAME --cpp writes one to begin with",
        )
    return ExtraOperators(directory=directory, files=found)


def _names(directory: str) -> Iterator[str]:
    def refuse(error: OSError) -> None:
        raise error

    for place, directories, files in os.walk(directory, onerror=refuse):
        directories[:] = sorted(name for name in directories if not name.startswith("."))
        for name in sorted(files):
            if name.endswith((*SOURCES, *HEADERS)):
                yield os.path.relpath(f"{place}/{name}", directory)
