"""Modules of ours that the wheel puts in front of upstream's Python package, kept in `data/shims`."""

import hashlib
from collections.abc import Iterable
from functools import lru_cache
from importlib.resources import files

from mxbuild.model import Target

PROCESSOR = "_mxbuild_processor"
"""Module in the package that looks at the processor before anything else of it is imported."""
HOOK = "__init__.py"
"""Hands MXNet's modules what the others have; it goes with any of them."""


def files_of(names: Iterable[str]) -> dict[str, str]:
    """File -> SHA-256 of the shims' modules, and of what loads them; {} for no shims."""
    wanted = [f"{name.replace('-', '_')}.py" for name in dict.fromkeys(names)]
    return {name: _digest(name) for name in (HOOK, *wanted)} if wanted else {}


def processor(target: Target) -> str:
    """That module: refuses the import where the processor lacks something that the library needs."""
    text = files("mxbuild").joinpath("data/shims/_processor.py").read_text()
    needed = "".join(f"    {feature!r},\n" for feature in target.features)
    return f"{text}\n\ncheck({target.name!r}, (\n{needed}))\n"


@lru_cache(maxsize=16)
def _digest(name: str) -> str:
    return hashlib.sha256(files("mxbuild").joinpath(f"data/shims/{name}").read_bytes()).hexdigest()
