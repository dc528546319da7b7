"""What was fetched of each repository before, for all trees of all releases: a tree after the first one is local work.

Below CACHE/git lies a directory per repository: the packs as git wrote them, and in `commits` a file for each commit
that was fetched, with the lines that git's `shallow` needs for it. Packs are named after their content and never
change, so trees share them by hard link: nothing is locked, nothing is taken from a tree that goes on working, and the
disk holds each pack once. Another release is fetched beside what is there: git is told of the commits that it can
build on (measured: all of 1.0.0 after 0.12.1 takes 2.7 MB, alone 4.5 MB; its superproject 1.5 MB in place of 2.1).
"""

import os
import re
import shutil
import threading
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

from mxbuild import durable
from mxbuild.plan import parts

DIRECTORY = "git"
"""Below mxbuild's cache."""

ENDINGS = (".pack", ".promisor", ".rev", ".idx")
"""The files of a pack; the last one makes git see it."""

COMMIT = re.compile(r"[0-9a-f]{40}")
REFS = "refs/mxbuild"
"""Where a tree names the commits that it has from here: git offers to the server what a ref names."""


class ObjectCache:
    """Of one repository.

    Args:
        cache: mxbuild's directory for what can be fetched again.
        origin: upstream's URL, whichever mirror it is fetched from.
    """

    def __init__(self, cache: str, origin: str) -> None:
        self.directory = Path(cache, DIRECTORY, *parts(origin))

    def commits(self) -> list[str]:
        """Those that were fetched."""
        try:
            return sorted(name for name in os.listdir(self.directory / "commits") if COMMIT.fullmatch(name))
        except OSError:
            return []

    def seed(self, repository: str) -> list[str]:
        """Put all that is here into a repository that was just made; the commits that it knows then.

        Args:
            repository: the directory above its .git.

        Raises:
            OSError: it cannot be written.
        """
        git, commits = Path(repository, ".git"), self.commits()
        if not commits:
            return []
        _link_packs(self.directory, git / "objects" / "pack")
        boundaries: set[str] = set()
        (git / REFS).mkdir(parents=True)
        for commit in commits:
            boundaries |= {line for line in _read(self.directory / "commits" / commit) if COMMIT.fullmatch(line)}
            (git / REFS / commit).write_text(f"{commit}\n")
        if boundaries:
            (git / "shallow").write_text("".join(f"{commit}\n" for commit in sorted(boundaries)))
        return commits

    def keep(self, repository: str, commit: str) -> None:
        """Take over what was fetched; the next tree finds it.

        Args:
            repository: as `seed` has it; the commit and all that is checked out of it are there.

        Raises:
            OSError: the cache cannot be written.
        """
        git = Path(repository, ".git")
        (self.directory / "commits").mkdir(parents=True, exist_ok=True)
        _link_packs(git / "objects" / "pack", self.directory)
        lines = [line for line in _read(git / "shallow") if line == commit]
        file = self.directory / "commits" / commit
        partial = file.with_name(f"{commit}.{os.getpid()}.{threading.get_ident()}")  # two trees may have fetched it
        partial.write_text("".join(f"{line}\n" for line in lines))
        durable.rename(partial, file)

    def forget(self) -> None:
        """Remove all that is here of this repository."""
        shutil.rmtree(self.directory, ignore_errors=True)


def _link_packs(source: Path, target: Path) -> None:
    for pack in sorted(source.glob("pack-*.idx")):
        for ending in ENDINGS:
            file = pack.with_suffix(ending)
            if file.exists():
                _link(file, target / file.name)


def _link(source: Path, target: Path) -> None:
    with suppress(FileExistsError):
        try:
            os.link(source, target)
        except OSError as error:
            if isinstance(error, FileExistsError):
                raise
            partial = target.with_name(
                f"{target.name}.{os.getpid()}.{threading.get_ident()}"
            )  # another disk: a copy, seen when it is whole
            shutil.copyfile(source, partial)
            os.replace(partial, target)


def _read(path: Path) -> Iterator[str]:
    with suppress(OSError):
        yield from path.read_text(errors="replace").split()
