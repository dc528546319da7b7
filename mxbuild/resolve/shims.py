"""Modules of ours that the wheel puts in front of upstream's Python package, kept in `data/shims`."""

import hashlib
from collections.abc import Iterable
from functools import lru_cache
from importlib.resources import files

HOOK = "__init__.py"
"""Hands MXNet's modules what the others have; it goes with any of them."""


def files_of(names: Iterable[str]) -> dict[str, str]:
    """File -> SHA-256 of the shims' modules, and of what loads them; {} for no shims."""
    wanted = [f"{name.replace('-', '_')}.py" for name in dict.fromkeys(names)]
    return {name: _digest(name) for name in (HOOK, *wanted)} if wanted else {}


@lru_cache(maxsize=16)
def _digest(name: str) -> str:
    return hashlib.sha256(files("mxbuild").joinpath(f"data/shims/{name}").read_bytes()).hexdigest()
