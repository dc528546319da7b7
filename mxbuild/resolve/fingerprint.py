"""The name of everything that shapes the library: two builds with one fingerprint may share objects."""

import hashlib
from collections.abc import Mapping, Sequence

import msgspec

from mxbuild.model import Compiler, Cuda, Host, Substitution, Tool, Variable
from mxbuild.recipe.model import Recipe

LENGTH = 16
"""Hex digits; 64 bits are plenty for the builds of one machine."""
BUNDLED = "{cuda.root}"
"""Stands for the root of a toolkit that mxbuild put together: what is in it counts, not where the cache lies."""


def fingerprint(
    recipe: Recipe,
    host: Host,
    compiler: Compiler,
    variables: Sequence[Variable],
    aliases: Mapping[str, str],
    environment: Mapping[str, str],
    *,
    libraries: Sequence[str] = (),
    cuda: Cuda | None = None,
    empty: Sequence[str] = (),
    substitutions: Sequence[Substitution] = (),
    source_flags: Mapping[str, Sequence[str]] | None = None,
    programs: Sequence[Tool] = (),
) -> str:
    """Hash of source pins, make's goal, every variable, the compiler, the libraries compiled against, environment.

    Of a build with device code also toolkit, architectures and cuDNN; of changes to the source each one; of programs
    that make calls beside the compiler their versions.

    The recipe's words (summary, reasons) and the number of jobs are not in it.
    """
    against = {
        n: (lib.provider, lib.version, lib.real) for n in libraries if (lib := host.libraries.get(n)) is not None
    }
    bundled = cuda.toolkit.root if cuda and cuda.bundle else ""

    def placeless(text: str) -> str:
        return text.replace(bundled, BUNDLED) if bundled else text

    facts: dict[str, object] = {
        "source": _source(recipe),
        "make": [recipe.make.target, recipe.make.library],
        "variables": sorted((v.name, placeless(v.value)) for v in variables),
        "aliases": sorted(aliases.items()),
        "environment": sorted(environment.items()),
        "compiler": [compiler.cxx, compiler.cc, compiler.version, compiler.target],
        "libraries": sorted(against.items()),
        "libc": host.os.libc.value if host.os.libc else "",
    }
    # Added only where there is something to add: builds for the CPU keep the name that they had before CUDA was known.
    if cuda is not None:
        toolkit, cudnn = cuda.toolkit, cuda.cudnn
        facts["cuda"] = {
            "toolkit": cuda.bundle.packages if cuda.bundle else [toolkit.version, toolkit.nvcc, toolkit.libraries],
            "code": [cuda.sass, cuda.ptx],
            "cudnn": [cudnn.version, cudnn.library_version, cudnn.library] if cudnn else [],
        }
    if empty or substitutions or source_flags:
        facts["changes"] = [
            sorted(empty),
            [(s.file, s.old, s.new, s.count) for s in substitutions],
            sorted((source_flags or {}).items()),
        ]
    if programs:
        facts["programs"] = sorted((tool.name, tool.path, tool.version) for tool in programs)
    return hashlib.sha256(msgspec.json.encode(facts, order="sorted")).hexdigest()[:LENGTH]


def _source(recipe: Recipe) -> dict[str, object]:
    """What is fetched, without the words; `skip` only where there is some: other builds keep the name they had."""
    facts: dict[str, object] = msgspec.to_builtins(recipe.source)
    facts["skip"] = sorted(recipe.source.skip)
    return {name: value for name, value in facts.items() if name != "skip" or value}
