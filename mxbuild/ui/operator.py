"""What was written of a new operator, and what to do next."""

import os
from collections.abc import Iterator, Sequence

from rich.console import RenderableType
from rich.text import Text

from mxbuild.ui.console import HEAD
from mxbuild.ui.layout import heading, verbatim


def made(root: str, files: Sequence[str], directory: str, *, cpp: bool) -> Iterator[RenderableType]:
    """The files, each with what it is for, and the commands that try it.

    Args:
        directory: the root as it can be typed.
    """
    yield Text.assemble("Written to ", (root, HEAD), no_wrap=True, overflow="ignore")
    for file in files:
        yield verbatim(os.path.relpath(file, root), indent=2)
    yield heading("Next")
    yield verbatim(f"cd {directory}", indent=2)
    yield verbatim("mxbuild run -- python -m unittest -v", indent=2)
    if cpp:
        yield verbatim("mxbuild install RECIPE --extra-operators cpp  # compiles cpp/ into the library", indent=2)
