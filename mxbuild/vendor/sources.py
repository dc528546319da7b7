"""The pinned commits: fetched and compared as an install does it, then packed."""

import os
import shutil
from pathlib import Path

import msgspec

from mxbuild import durable
from mxbuild.execute import packs, source
from mxbuild.execute.context import Context
from mxbuild.execute.git import Git
from mxbuild.model import FetchSource
from mxbuild.model.vendored import PACKS
from mxbuild.plan import pack_at
from mxbuild.vendor.archive import Members


def gather(step: FetchSource, work: str, context: Context) -> Members:
    """A pack for each commit of the step; those that were made before are there already.

    What a build does not need of the superproject is left out, as it is of an install's tree.

    Raises:
        SourceError: repositories cannot be had, or are not what the recipe pins.
    """
    found = {
        f"{PACKS}/{name}": Path(work, "packs", name)
        for name in (pack_at(r.origin, r.commit) for r in step.repositories)
    }
    if all(path.is_file() for path in found.values()):
        return dict(found)
    whole = msgspec.structs.replace(step, tree=f"{work}/tree/{os.path.basename(step.tree)}", substitutions=())
    source.run(whole, context)
    git = Git(context.environ)
    for repository in step.repositories:
        path = Path(work, "packs", pack_at(repository.origin, repository.commit))
        if not path.is_file():
            directory = f"{whole.tree}/{repository.path}".rstrip("/")
            exclude = () if repository.path else step.exclude
            durable.write(path, packs.pack(git, directory, repository.commit, exclude))
    shutil.rmtree(whole.tree)
    return dict(found)
