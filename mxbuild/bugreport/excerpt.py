"""What a report takes of a file: all of it, or of a long one what matters."""

import io
import os
from pathlib import Path

from mxbuild.failures import diagnose

LARGEST = 1 << 20
"""Bytes of a file; of a longer one so many are left, about."""
AROUND = 1 << 16
"""Bytes of the beginning, and before and after the first error."""


def excerpt(path: Path) -> bytes:
    """A file, or of a long one the beginning, what is around its first error, and the end; b"" where there is none."""
    try:
        with path.open("rb") as file:
            size = os.fstat(file.fileno()).st_size
            if size <= LARGEST:
                return file.read()
            head = file.read(AROUND)
            place = _first_error(file) if path.suffix == ".log" else None
            end = size - LARGEST // 2
            middle = b""
            if place is not None and AROUND < place < end:
                file.seek(place - AROUND // 2)
                middle = b"\n[...]\n" + file.read(2 * AROUND)
            file.seek(end)
            file.readline()
            return head + middle + b"\n[...]\n" + file.read()
    except OSError:
        return b""


def _first_error(file: io.BufferedReader) -> int | None:
    """Byte at which the line of the first error begins, about."""
    file.seek(0)
    first = diagnose(file).first
    if first is None:
        return None
    file.seek(0)
    for _ in range(first.line - 1):
        file.readline(1 << 20)
    return file.tell()
