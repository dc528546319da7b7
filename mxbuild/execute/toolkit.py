"""A CUDA toolkit put together from NVIDIA's packages on PyPI."""

from mxbuild.errors import BuildError
from mxbuild.execute.context import Context
from mxbuild.model import AssembleToolkit, JournalEntry, Outcome


def run(step: AssembleToolkit, context: Context) -> Outcome:
    raise BuildError(f"{step.root} cannot be put together yet {context.paths.cache}")


def damage(step: AssembleToolkit, entry: JournalEntry) -> str:
    return f"{step.root} {entry.id}"
