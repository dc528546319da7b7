"""The file itself: a plain tar, since all in it is packed already. The same members make the same bytes."""

import hashlib
import io
import shutil
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import BinaryIO

import msgspec

from mxbuild import durable
from mxbuild.errors import BuildError
from mxbuild.execute.vendored import BLOCK, head
from mxbuild.execute.wheel import sha256
from mxbuild.foreign import decoded
from mxbuild.model import Manifest, Member
from mxbuild.model.vendored import MANIFEST

Members = dict[str, Path | bytes]
"""Name in the file -> what it is, or where that lies."""
CHUNK = 1 << 20


def measured(members: Members) -> dict[str, Member]:
    """Size and hash of each."""
    return {
        name: Member(size=len(content), sha256=hashlib.sha256(content).hexdigest())
        if isinstance(content, bytes)
        else Member(size=content.stat().st_size, sha256=sha256(str(content)))
        for name, content in sorted(members.items())
    }


def write(
    file: str, manifest: Manifest, members: Mapping[str, Path | bytes], told: Callable[[int, int, str], None]
) -> None:
    """The manifest, then every member by its name; whole or not at all.

    Args:
        told: receives bytes done, bytes in all, and the member's name.

    Raises:
        BuildError: a name does not fit into the manifest or a plain tar.
        OSError: the disk refuses.
    """
    text = msgspec.json.format(msgspec.json.encode(manifest, order="sorted"), indent=1) + b"\n"
    try:
        decoded(text, Manifest)  # as who installs from it will have it
    except ValueError as error:
        raise BuildError(f"what {file} would hold has no room in a manifest: {error}") from error
    total, done = sum(member.size for member in manifest.members.values()), 0
    with durable.writing(file) as target:
        _add(target, MANIFEST, io.BytesIO(text), len(text))
        for name, member in manifest.members.items():
            told(done, total, name)
            content = members[name]
            with io.BytesIO(content) if isinstance(content, bytes) else content.open("rb") as source:
                _add(target, name, source, member.size)
            done += member.size
        target.write(bytes(2 * BLOCK))
    told(done, total, file)


def _add(target: BinaryIO, name: str, source: BinaryIO, size: int) -> None:
    try:
        target.write(head(name, size))
    except ValueError as error:
        raise BuildError(f"{name} does not fit into a tar: {error}") from error
    shutil.copyfileobj(source, target, CHUNK)
    target.write(bytes(-size % BLOCK))
