"""Where mxbuild keeps things. Apart from the pipeline, so that `run` and `env` need not load what builds."""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

import platformdirs

from mxbuild.errors import UsageError

VARIABLES = ("MXBUILD_PREFIX", "MXBUILD_CACHE_DIR", "MXBUILD_STATE_DIR")
"""That name the directories, in the order of `Locations`."""


@dataclass(frozen=True)
class Locations:
    """Absolute directories: installs, what can be fetched or built again, and records."""

    prefix: str
    cache: str
    state: str


def locations(environ: Mapping[str, str], prefix: str | None = None) -> Locations:
    """--prefix, then MXBUILD_PREFIX, MXBUILD_CACHE_DIR, MXBUILD_STATE_DIR, then XDG's.

    Raises:
        UsageError: HOME or XDG's variable is no absolute path; where the three lie must not depend on the directory.
    """
    return Locations(
        prefix=os.path.abspath(prefix or environ.get("MXBUILD_PREFIX") or _own("data", "MXBUILD_PREFIX")),
        cache=os.path.abspath(environ.get("MXBUILD_CACHE_DIR") or _own("cache", "MXBUILD_CACHE_DIR")),
        state=os.path.abspath(environ.get("MXBUILD_STATE_DIR") or _own("state", "MXBUILD_STATE_DIR")),
    )


def _own(kind: Literal["data", "cache", "state"], instead: str) -> str:
    ways = {
        "data": platformdirs.user_data_dir,
        "cache": platformdirs.user_cache_dir,
        "state": platformdirs.user_state_dir,
    }
    path = ways[kind]("mxbuild")
    if not os.path.isabs(path):
        raise UsageError(
            f"{path} is no absolute path: HOME or XDG_{kind.upper()}_HOME has to be one",
            remedy=f"export HOME, or {instead}, with an absolute path",
        )
    return path
