"""Where repositories lie until all are right: each in a directory of its own beside the tree, then put together.

A directory of its own, since a submodule may be here before the superproject that says where it belongs; and since
nothing is ever written through a link that another repository brought.
"""

import os
import shutil
from collections.abc import Iterable, Sequence
from contextlib import suppress
from typing import final
from urllib.parse import quote

from mxbuild import durable
from mxbuild.errors import SourceError


def parent(path: str, paths: Iterable[str]) -> str:
    """The repository that `path` is a submodule of: the nearest above it, "" for the superproject."""
    return max((p for p in paths if p != path and path.startswith(f"{p}/")), key=len, default="")


@final
class Staging:
    """`<tree>.partial`; the superproject in `@`, a submodule in its quoted path.

    Args:
        tree: the tree's final place.
        paths: every repository's path, the superproject's is "".
    """

    def __init__(self, tree: str, paths: Sequence[str]) -> None:
        self._tree = tree
        self._paths = tuple(paths)
        self._partial = f"{tree}.partial"
        self._root = f"{self._partial}/@"

    def prepare(self) -> None:
        """Make the directory.

        Raises:
            SourceError: a link lies in its place.
            OSError: it cannot be made.
        """
        if os.path.islink(self._partial):
            raise SourceError(f"{self._partial} is a link", remedy=f"look where it leads, then: rm {self._partial}")
        os.makedirs(self._partial, exist_ok=True)

    def own(self, path: str) -> str:
        """The directory that the repository is fetched into."""
        return f"{self._partial}/{quote(path, safe='') or '@'}"

    def place(self, path: str, kept: Iterable[str]) -> str:
        """Where it lies now: an earlier run may have been stopped while it put the tree together.

        Args:
            kept: repositories of that run that are whole; only inside these anything is looked for.
        """
        own = self.own(path)
        if path and not os.path.isdir(own) and parent(path, self._paths) in kept:
            return f"{self._root}/{path}"
        return own

    def assemble(self) -> None:
        """Move every submodule to where the superproject has it; each move is one rename. Stopped, it goes on.

        Raises:
            SourceError: a link of the superproject lies on the way.
            OSError: the disk refuses.
        """
        for path in sorted(filter(None, self._paths), key=lambda p: p.count("/")):
            source, target = self.own(path), f"{self._root}/{path}"
            if not os.path.isdir(source):
                continue
            os.makedirs(os.path.dirname(target), exist_ok=True)
            if os.path.realpath(target) != os.path.join(os.path.realpath(self._root), path):
                raise SourceError(f"{path}: a link lies on the way there", remedy="do not build it")
            if os.path.isdir(target) and os.listdir(target):
                shutil.rmtree(target)
            os.rename(source, target)

    def finish(self) -> None:
        """Put the tree in its place, in one rename; what was there before goes.

        Raises:
            OSError: the disk refuses.
        """
        old = f"{self._partial}/old"
        if os.path.lexists(self._tree):
            self._discard(old)
            os.rename(self._tree, old)
        durable.rename(self._root, self._tree)
        self.clear()

    def clear(self) -> None:
        """Remove the staging directory and all in it."""
        shutil.rmtree(self._partial, ignore_errors=True)

    @staticmethod
    def _discard(path: str) -> None:
        if os.path.isdir(path) and not os.path.islink(path):
            shutil.rmtree(path)
        else:
            with suppress(FileNotFoundError):
                os.unlink(path)
