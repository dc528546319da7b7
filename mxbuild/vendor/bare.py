"""The machine that a vendored file is for: this one, as its distribution's installer leaves it."""

import msgspec

from mxbuild.model import Host, Request
from mxbuild.recipe.model import Recipe
from mxbuild.resolve.python import candidate

APT = "/usr/bin/apt-get"


def bare(host: Host, recipe: Recipe, request: Request) -> Host:
    """The same distribution, processor, GPU and interpreter; no package, compiler, library or toolkit yet."""
    chosen = candidate(recipe, host, request)
    others = tuple(p for p in host.pythons if p is not chosen and (p.system or chosen is None))
    return msgspec.structs.replace(
        host,
        compilers=(),
        tools={},
        libraries={},
        toolkits=(),
        cuda_libraries=(),
        pythons=(*([chosen] if chosen else []), *others),
        packages={},
        environment={},
        apt=msgspec.structs.replace(host.apt, path=host.apt.path or APT, right="root", interrupted=False),
    )
