"""A package index that answers in JSON (PEP 691): its list of a project's files, and a wheel's metadata (PEP 658)."""

import hashlib
import io
import re
import urllib.request
import zipfile
import zlib
from urllib.parse import urljoin

import msgspec

from mxbuild.errors import SourceError, UsageError
from mxbuild.foreign import decoded

ALLOWED = ("https://", "http://127.0.0.1:")
"""How an address begins that is read from, be it the index's own or one that it names: urllib reads files too."""
JSON = "application/vnd.pypi.simple.v1+json"
LARGEST = 64 << 20
"""Bytes of an answer; the list of a project with ten thousand files has a third of it."""


BROKEN = (
    *(zipfile.BadZipFile, zlib.error, StopIteration),
    *(NotImplementedError, RuntimeError, EOFError, OSError, ValueError),
)
"""What zipfile raises for archives that are damaged, encrypted, or packed in a way that it does not know."""


class File(msgspec.Struct, frozen=True, kw_only=True, rename="kebab"):
    """One file of a project."""

    filename: str
    url: str
    hashes: dict[str, str] = {}
    requires_python: str | None = None
    yanked: bool | str = False
    upload_time: str = ""
    """UTC, as ISO 8601; "" where the index does not say."""
    core_metadata: bool | dict[str, str] = False


class _Project(msgspec.Struct, frozen=True):
    files: tuple[File, ...]


class Index:
    """An index at an address; each project is asked for once.

    Args:
        address: https://...; plain http is for a test's own server.

    Raises:
        UsageError: it is no address of the web.
    """

    def __init__(self, address: str) -> None:
        if not address.startswith(ALLOWED):
            raise UsageError(f"refused as a package index: {address}", remedy="https://HOST/simple")
        self.address = address.rstrip("/")
        self._listed: dict[str, tuple[File, ...]] = {}
        self._read: dict[str, bytes] = {}

    def files(self, project: str) -> tuple[File, ...]:
        """All files of a project.

        Raises:
            SourceError: it cannot be had, or is no such list.
        """
        if project not in self._listed:
            address = f"{self.address}/{project}/"
            try:
                found = decoded(_read(address), _Project).files
            except ValueError as error:
                raise SourceError(f"{address} cannot be read as PEP 691's JSON: {error}") from error
            try:
                whole = [msgspec.structs.replace(file, url=urljoin(address, file.url)) for file in found]
            except ValueError as error:
                raise SourceError(f"{address} names what is no address: {error}") from error
            self._listed[project] = tuple(whole)
        return self._listed[project]

    def metadata(self, wheel: File) -> bytes:
        """A wheel's METADATA, proved by a hash of the list: its own, or the wheel's where the index has it only inside.

        Raises:
            SourceError: it cannot be had, or is another one.
        """
        if wheel.url not in self._read:
            own = wheel.core_metadata.get("sha256", "") if isinstance(wheel.core_metadata, dict) else ""
            self._read[wheel.url] = _proved(f"{wheel.url}.metadata", own) if own else _inside(wheel)
        return self._read[wheel.url]


def _inside(wheel: File) -> bytes:
    data = _proved(wheel.url, wheel.hashes.get("sha256", ""))
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            name = next(name for name in archive.namelist() if re.fullmatch(r"[^/]+\.dist-info/METADATA", name))
            with archive.open(name) as member:
                text = member.read(LARGEST + 1)  # whatever size it says that it has
    except BROKEN as error:
        raise SourceError(f"{wheel.filename} is no wheel") from error
    if len(text) > LARGEST:
        raise SourceError(f"the metadata of {wheel.filename} is larger than {LARGEST >> 20} MiB")
    return text


def _proved(address: str, sha256: str) -> bytes:
    data = _read(address)
    if hashlib.sha256(data).hexdigest() != sha256:
        raise SourceError(f"{address} is not what its index says: its hash is another")
    return data


def _read(address: str) -> bytes:
    if not address.startswith(ALLOWED):
        raise SourceError(f"refused to read {address[:200]}: the index names what is not on the web")
    request = urllib.request.Request(address, headers={"Accept": f"{JSON}, */*;q=0.1"})
    try:
        with urllib.request.urlopen(request, timeout=60) as answer:
            data: bytes = answer.read(LARGEST + 1)
    except (OSError, ValueError) as error:
        raise SourceError(f"{address} cannot be read: {error}") from error
    if len(data) > LARGEST:
        raise SourceError(f"{address} is larger than {LARGEST >> 20} MiB")
    return data
