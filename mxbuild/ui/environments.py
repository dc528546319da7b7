"""What is installed under the prefix."""

import os
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime, timezone

from rich.console import RenderableType
from rich.text import Text

from mxbuild.model import Installed
from mxbuild.ui.console import GOOD, HEAD, PIPED, UNICODE, Glyphs, text
from mxbuild.ui.layout import Fitting, verbatim
from mxbuild.ui.quantities import size

FEW = 12
"""Of what was put back, so many are named."""


def render(installed: Iterable[tuple[Installed, int]], width: int = PIPED, *, glyphs: Glyphs = UNICODE) -> str:
    """The screen as plain text."""
    return text(*screen(installed, glyphs), width=width)


def screen(installed: Iterable[tuple[Installed, int]], glyphs: Glyphs) -> Iterator[RenderableType]:
    """A line for each environment, the current one marked.

    Args:
        installed: environment and the bytes that it takes.
    """
    heads = [Text(word, style=HEAD) for word in ("  name", "release", "device", "python", "size", "installed")]
    yield Fitting([heads, *(_line(i, taken, glyphs) for i, taken in installed)], spare=(5, 1, 2))


def _line(one: Installed, taken: int, glyphs: Glyphs) -> tuple[str | Text, ...]:
    day = datetime.fromtimestamp(one.receipt.finished, timezone.utc).strftime("%Y-%m-%d")
    name = Text.assemble((f"{glyphs.done} ", GOOD), (one.name, HEAD)) if one.current else Text(f"  {one.name}")
    minor = ".".join(python(one).split(".")[:2])
    return name, one.receipt.release, device(one), minor, size(taken), day


def switched(one: Installed, before: str, glyphs: Glyphs) -> Iterator[RenderableType]:
    """Which environment is the current one now, and how to go forward again.

    Args:
        before: name of the one that was; "" where none was.
    """
    said = "is the current one already; nothing was changed" if one.current else "is the current one now"
    yield Text.assemble((f"{glyphs.done} ", GOOD), (one.name, HEAD), f" {said}")
    if before and not one.current:
        yield Text(f"  {before} stays installed; back to it:")
        yield verbatim(f"mxbuild rollback {before}", indent=4)


def mended(done: Sequence[str], environment: str, glyphs: Glyphs) -> Iterator[RenderableType]:
    """What was put back into an environment, after which it verifies.

    Args:
        done: files of it, and names of packages.
    """
    if not done:
        yield Text.assemble("\n", (f"{glyphs.done} ", GOOD), ("there is nothing to repair", HEAD))
        return
    yield Text.assemble("\n", (f"{glyphs.done} ", GOOD), (f"it verifies again; {len(done)} put back", HEAD))
    for one in done[:FEW]:
        yield verbatim(one.removeprefix(f"{environment}/"), indent=2)
    if len(done) > FEW:
        yield Text(f"  and {len(done) - FEW} more")


def device(one: Installed) -> str:
    """cpu or gpu, as the library was built."""
    return "gpu" if any(v.name == "USE_CUDA" and v.value == "1" for v in one.receipt.variables) else "cpu"


def python(one: Installed) -> str:
    """The interpreter's version."""
    return one.receipt.python.rsplit(" ", 1)[-1] if " " in one.receipt.python else os.path.basename(one.receipt.python)
