"""The file that was gathered: what it holds, for whom, and how it is used."""

import os
import shlex
from collections.abc import Iterator

from rich.console import RenderableType
from rich.text import Text

from mxbuild.model.vendored import DEBS, ITSELF, PACKS, WHEELS
from mxbuild.ui.console import GOOD, HEAD, Glyphs
from mxbuild.ui.layout import pairs, plural, rows, verbatim
from mxbuild.ui.quantities import size
from mxbuild.vendor import Made
from mxbuild.vendor.itself import SETUP

PARTS = {PACKS: "pinned commits", DEBS: "Debian packages", WHEELS: "wheels", ITSELF: "mxbuild itself"}
"""Directory in the file -> what lies in it."""


def screen(made: Made, glyphs: Glyphs) -> Iterator[RenderableType]:
    """What is in it, its name and hash, and the command for the other machine."""
    about = made.manifest
    whom = f"{about.arch}, Python {about.python}" + (f", {about.system}" if about.apt else "")
    yield Text.assemble((f"{glyphs.done} ", GOOD), (about.recipe, HEAD), f" for {whom}, in {size(made.size)}")
    lines = []
    for directory, word in PARTS.items():
        found = [m.size for name, m in about.members.items() if name.startswith(f"{directory}/") and "." in name]
        lines += [(word, plural(len(found), "file"), size(sum(found)))] if found else []
    yield rows(lines, fixed=3)
    yield Text()
    yield from pairs([("file", made.file), ("SHA-256", made.sha256)])
    yield Text("\n  There, without a network:")
    name = shlex.quote(os.path.basename(made.file))
    if SETUP in about.members:
        yield verbatim(f"tar -xf {name} {SETUP} && sh {SETUP} {name}   # where mxbuild is not installed yet")
    yield verbatim(f"mxbuild install --vendored {name}")
