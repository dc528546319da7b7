"""The tests as the release's commit has them: out of the build's tree, or fetched as the source step fetches.

They are read from git's own objects, never from the tree's files, and copied elsewhere: no test runs in a tree.
"""

import os
from collections.abc import Sequence
from pathlib import Path, PurePosixPath

from mxbuild.errors import SourceError, UsageError
from mxbuild.execute import checkout, source
from mxbuild.execute.context import Context
from mxbuild.execute.git import Git
from mxbuild.execute.gitfailure import GitFailedError
from mxbuild.execute.staging import parent
from mxbuild.model import FetchSource, Repository
from mxbuild.plan import mirrored
from mxbuild.recipe.fault import closest
from mxbuild.recipe.model import Recipe
from mxbuild.recipe.upstream import UpstreamTests

DEEPEST = 100
"""Directories below each other; upstream's have four."""
FILE = b"100"
"""How git's modes of plain files begin."""


def tree(recipe: Recipe, embedded: str, mirror: str | None, step: str, context: Context) -> str:
    """A checkout of the release's commit: the build's, where it is still there, else one of its own in the cache.

    Args:
        embedded: directory of the recipe's embedded source, "" where it has none.
        step: id of the step that reports it.

    Raises:
        SourceError: it cannot be had, or is not what the recipe pins.
    """
    origin = recipe.source
    if checkout.read_marker(context.paths.tree) and checkout.head(context.paths.tree) == origin.commit:
        return context.paths.tree
    own = f"{context.paths.cache}/upstream/trees/{recipe.id}-{origin.commit[:16]}"
    url = mirrored(origin.url, mirror)
    # The superproject alone: its submodules are compared, and stay empty.
    below = {path: s.commit for path, s in origin.submodules.items() if not parent(path, origin.submodules)}
    fetch = FetchSource(
        id=step,
        tree=own,
        repositories=(Repository(path="", url=url, origin=origin.url, commit=origin.commit),),
        exclude=origin.exclude,
        embedded=embedded,
        empty=below,
    )
    os.makedirs(os.path.dirname(own), exist_ok=True)
    source.run(fetch, context)
    return own


def unpack(tree: str, commit: str, tests: UpstreamTests, target: str, context: Context) -> None:
    """Write the tests' directories, as the commit has them, below `target`.

    Raises:
        SourceError: the commit has no such directory, or the checkout is damaged.
    """
    git, wanted = Git(context.environ), (tests.directory, *tests.beside)
    try:
        for entry in checkout.entries(git.run(tree, "ls-tree", "-r", "-z", commit, "--", *wanted).stdout):
            if entry.mode.startswith(FILE):  # a link could lead anywhere
                name = os.fsdecode(entry.path)
                path = Path(target, name)
                # Nothing that git has fetched here, whose trees it checks.
                if os.path.isabs(name) or ".." in path.parts:
                    raise SourceError(f"refused: {name!r} leads out of the tree", remedy="do not build it")
                if name.count("/") > DEEPEST:
                    raise SourceError(f"refused: {name[:80]}... is {name.count('/')} directories deep")
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_bytes(checkout.blob(git, tree, commit, name))
    except GitFailedError as failed:
        raise SourceError(f"{' and '.join(wanted)} cannot be read from {tree}", details=[failed.text]) from failed
    for directory in wanted:
        if not os.path.isdir(f"{target}/{directory}"):
            raise SourceError(
                f"there is no {directory} in {commit[:12]}", remedy="correct the recipe's verify.upstream"
            )


def files(directory: str, only: Sequence[str]) -> tuple[str, ...]:
    """Test files relative to their directory, by name.

    Args:
        only: those that are asked for, as `test_ndarray.py` or `test_nd*`; empty: all.

    Raises:
        UsageError: there is none of that name.
    """
    there = sorted(str(path.relative_to(directory)) for path in Path(directory).rglob("test_*.py"))
    if not only:
        return tuple(there)
    chosen: dict[str, None] = {}
    for pattern in only:
        found = [name for name in there if PurePosixPath(name).match(pattern)]
        if not found:
            close = closest(pattern, there)
            hint = f"; did you mean {close}?" if close else ""
            raise UsageError(f"upstream has no test file {pattern}{hint}", details=[f"there are: {', '.join(there)}"])
        chosen |= dict.fromkeys(found)
    return tuple(sorted(chosen))
