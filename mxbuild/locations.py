"""Where mxbuild keeps things. Apart from the pipeline, so that `run` and `env` need not load what builds."""

import os
from collections.abc import Mapping
from dataclasses import dataclass

import platformdirs

VARIABLES = ("MXBUILD_PREFIX", "MXBUILD_CACHE_DIR", "MXBUILD_STATE_DIR")
"""That name the directories, in the order of `Locations`."""


@dataclass(frozen=True)
class Locations:
    """Absolute directories: installs, what can be fetched or built again, and records."""

    prefix: str
    cache: str
    state: str


def locations(environ: Mapping[str, str], prefix: str | None = None) -> Locations:
    """--prefix, then MXBUILD_PREFIX, MXBUILD_CACHE_DIR, MXBUILD_STATE_DIR, then XDG's."""
    return Locations(
        prefix=os.path.abspath(prefix or environ.get("MXBUILD_PREFIX") or platformdirs.user_data_dir("mxbuild")),
        cache=os.path.abspath(environ.get("MXBUILD_CACHE_DIR") or platformdirs.user_cache_dir("mxbuild")),
        state=os.path.abspath(environ.get("MXBUILD_STATE_DIR") or platformdirs.user_state_dir("mxbuild")),
    )
