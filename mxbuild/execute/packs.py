"""Pinned commits as git packs: one for each commit, without its history, the same bytes each time.

A pack names no object: its ids are computed from what is in it, where it is unpacked. So who made it is not believed,
and what is fetched from it goes the way that everything goes: by commit, checked, compared.
"""

import os
import shutil
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path

from mxbuild import durable
from mxbuild.errors import SourceError
from mxbuild.execute import lock
from mxbuild.execute.checkout import entries
from mxbuild.execute.embedded import SETTINGS
from mxbuild.execute.git import Git
from mxbuild.execute.gitfailure import GitFailedError
from mxbuild.plan import parts

MIRROR = "mirror"
"""Beside the directory of packs: the repositories that were made of them."""
SAME = ("--threads=1", "--window=10", "--depth=50", "--compression=6", "--no-reuse-delta", "--no-reuse-object")
"""What lets git make the same pack of the same objects, whatever it did before."""
ALONE = {"GIT_CONFIG_GLOBAL": "/dev/null", "GIT_CONFIG_NOSYSTEM": "1"}
"""Nobody's own settings shape it."""


def repository(packs: str, origin: str) -> str:
    """Path of the repository that `materialize` makes."""
    return f"{os.path.dirname(packs)}/{MIRROR}/{'/'.join(parts(origin))}.git"


def pack(git: Git, directory: str, commit: str, exclude: Sequence[str] = ()) -> bytes:
    """The commit, its trees and its files, without what submodules have.

    Args:
        exclude: top-level directories whose files are left out, as they are of a checkout.
        directory: of a repository that has them all.

    Raises:
        SourceError: it lacks some, or git fails.
    """
    here = f"--git-dir={directory}/.git"
    try:
        listing = git.run(directory, here, "ls-tree", "-r", "-t", "-z", "--full-tree", commit, "--").stdout
        top = git.run(
            directory, here, "rev-parse", "--verify", "--quiet", "--end-of-options", f"{commit}^{{tree}}"
        ).stdout
        outside = tuple(os.fsencode(f"{name}/") for name in exclude)
        listed = [e for e in entries(listing) if e.kind != b"blob" or not e.path.startswith(outside)]
        names = {top.strip(): b""} | {e.object.encode(): e.path for e in listed if e.kind != b"commit"}
        with tempfile.TemporaryFile() as wanted:
            wanted.write(commit.encode() + b"\n")
            # git packs those of like names after each other; a name with a line break would be two lines.
            wanted.writelines(b"%s %s\n" % (i, n.replace(b"\n", b" ")) for i, n in sorted(names.items()))
            wanted.seek(0)
            return git.run(
                directory, here, "pack-objects", "--quiet", "--stdout", *SAME, stdin=wanted, extra=ALONE
            ).stdout
    except GitFailedError as failed:
        raise SourceError(f"{directory}: {commit} cannot be packed: {failed.reason}", details=[failed.text]) from failed


def materialize(packs: str, environ: Mapping[str, str]) -> None:
    """Make a repository that can be fetched from of every directory of packs, or find that an earlier call did.

    Args:
        packs: directory; the repositories come beside it.

    Raises:
        SourceError: a pack is damaged, or does not have its commit.
        OSError: the disk refuses.
    """
    root = Path(os.path.dirname(packs), MIRROR)
    with lock.held(f"{root}.lock", lambda holder: None):
        if root.is_dir():
            return
        partial = Path(f"{root}{durable.PARTIAL}")
        shutil.rmtree(partial, ignore_errors=True)
        partial.mkdir()
        git = Git(environ)
        for file in sorted(Path(packs).rglob("*.pack")):
            where = partial / f"{file.parent.relative_to(packs)}.git"
            try:
                _add(git, str(where), file)
            except GitFailedError as failed:
                raise SourceError(
                    f"{file} is damaged: {failed.reason}", details=[failed.text], remedy="make it anew: mxbuild vendor"
                ) from failed
        durable.rename(partial, root)


def _add(git: Git, where: str, file: Path) -> None:
    """Put a pack into a repository, which is made where it is missing, and name its commit there."""
    commit, here = file.stem, f"--git-dir={where}"
    if not os.path.isdir(where):
        os.makedirs(where)
        git.run(where, here, "init", "--quiet", "--bare", "--template=")
        for key, value in SETTINGS.items():
            git.run(where, here, "config", key, value)
    with file.open("rb") as stream:
        git.run(where, here, "index-pack", "--stdin", stdin=stream)
    git.run(where, here, "cat-file", "-e", f"{commit}^{{commit}}")
    with open(f"{where}/shallow", "a") as shallow:
        shallow.write(f"{commit}\n")
    Path(where, "refs", "heads").mkdir(parents=True, exist_ok=True)
    Path(where, "refs", "heads", commit).write_text(f"{commit}\n")
