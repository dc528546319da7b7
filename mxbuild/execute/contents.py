"""What lies in an environment, against what its packages' RECORDs say lies there."""

import base64
import csv
import hashlib
import os
import re
import stat
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import NamedTuple

from mxbuild.execute.evidence import failed, passed
from mxbuild.model import CheckResult

NAME = "files"
"""Of the check."""
SHOWN = 3
"""Differences that its result names."""
PIECE = 1 << 20


class Difference(NamedTuple):
    """One thing that is not as it was installed."""

    package: str
    """Its canonical name (PEP 503)."""
    path: str
    """Of the file; "" where the whole package is meant."""
    text: str


class Row(NamedTuple):
    """A file that a RECORD names."""

    path: str
    """Absolute."""
    sha256: str
    """As RECORD has it: urlsafe base64 without padding; "" where it says none."""
    size: int


def places(environment: str) -> list[str]:
    """The directories that packages are in; lib64 is often a link to lib."""
    found = Path(environment).glob("lib*/python*/site-packages")
    return sorted({os.path.realpath(path): str(path) for path in sorted(found, reverse=True)}.values())


def differences(environment: str, packages: Iterable[str], *, hashed: bool) -> Iterator[Difference]:
    """What is not as it was installed. `.pyc` files come and go.

    Args:
        packages: names of those that have to be there.
        hashed: read every file; otherwise sizes decide.
    """
    there = {canonical(path.stem.rpartition("-")[0]): path for path in _infos(environment)}
    for name in packages:
        if canonical(name) not in there:
            yield Difference(canonical(name), "", f"the package {name} is gone")
    for name, info in sorted(there.items()):
        try:
            rows = list(recorded(info))
        except (OSError, ValueError, IndexError, csv.Error):
            yield Difference(name, "", f"{info}/RECORD cannot be read")
            continue
        for row in rows:
            if (size := _size(row.path)) is None:
                yield Difference(name, row.path, f"{row.path} is gone")
            elif size != row.size or (hashed and row.sha256 and sha256(row.path) != row.sha256):
                yield Difference(name, row.path, f"{row.path} was changed")


def check(environment: str, packages: Iterable[str]) -> CheckResult | None:
    """All of it as one check; None where there are no packages to look at."""
    infos = _infos(environment)
    if not infos and not (packages := list(packages)):
        return None
    wrong = list(differences(environment, packages, hashed=True))
    if wrong:
        more = f" and {len(wrong) - SHOWN} more" if len(wrong) > SHOWN else ""
        return failed(NAME, "; ".join(one.text for one in wrong[:SHOWN]) + more)
    count = sum(sum(1 for _ in recorded(info)) for info in infos)
    return passed(NAME, f"{count:,} files of {len(infos)} packages, each as it was installed")


def recorded(info: Path) -> Iterator[Row]:
    """The files that a package's RECORD knows the size of.

    Args:
        info: its .dist-info directory.

    Raises:
        OSError, ValueError, IndexError, csv.Error: there is no RECORD, or it is none.
    """
    place = str(info.parent)
    with open(info / "RECORD", newline="", encoding="utf-8") as file:
        for row in csv.reader(file):
            if row[2] and not row[0].endswith(".pyc"):
                path = os.path.normpath(os.path.join(place, row[0]))
                yield Row(path, row[1].removeprefix("sha256="), int(row[2]))


def _size(path: str) -> int | None:
    """Of a file; None where there is none."""
    try:
        found = os.stat(path)
    except (OSError, ValueError):
        return None
    return found.st_size if stat.S_ISREG(found.st_mode) else None


def canonical(name: str) -> str:
    """PEP 503's form of a distribution's name."""
    return re.sub(r"[-_.]+", "-", name).lower()


def sha256(path: str) -> str:
    """Of a file, in RECORD's form."""
    digest = hashlib.sha256()
    with open(path, "rb") as file:
        while piece := file.read(PIECE):
            digest.update(piece)
    return encoded(digest.digest())


def encoded(digest: bytes) -> str:
    """A digest in RECORD's form."""
    return base64.urlsafe_b64encode(digest).rstrip(b"=").decode()


def _infos(environment: str) -> list[Path]:
    return sorted(path for place in places(environment) for path in Path(place).glob("*.dist-info"))
