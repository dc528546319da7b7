"""The archive: a .tar.gz whose members name no user."""

import io
import os
import tarfile
import time
from collections.abc import Sequence

from mxbuild import durable
from mxbuild.bugreport.parts import Member


def write(path: str, members: Sequence[Member]) -> int:
    """Write it whole or not at all; returns its size.

    Args:
        path: its file; in it everything lies below a directory of the same name.

    Raises:
        OSError: it cannot be written.
    """
    root = os.path.basename(path).removesuffix(".tar.gz")
    with durable.writing(path) as file, tarfile.open(fileobj=file, mode="w:gz") as archive:
        for member in members:
            info = tarfile.TarInfo(f"{root}/{member.name}")
            info.mtime, info.mode = int(time.time()), 0o755 if member.program else 0o644
            if member.link:
                info.type, info.linkname = tarfile.SYMTYPE, member.link
                archive.addfile(info)
            else:
                info.size = len(member.data)
                archive.addfile(info, io.BytesIO(member.data))
    return os.path.getsize(path)
