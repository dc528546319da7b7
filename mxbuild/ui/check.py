"""The verdict: can this recipe be built here, and with what."""

from collections.abc import Iterator

from rich.console import RenderableType
from rich.text import Text

from mxbuild.model import Build, Host
from mxbuild.ui import plan
from mxbuild.ui.console import GOOD, HEAD, PIPED, UNICODE, Glyphs, text
from mxbuild.ui.layout import plural


def render(host: Host, build: Build, command: str, width: int = PIPED, *, glyphs: Glyphs = UNICODE) -> str:
    """The screen as plain text."""
    return text(*screen(host, build, command, glyphs), width=width)


def screen(host: Host, build: Build, command: str, glyphs: Glyphs) -> Iterator[RenderableType]:
    """Yes, and how. No is an error with every complaint: see `failure`.

    Args:
        command: the install command that this check was about.
    """
    yield Text.assemble((f"{glyphs.done} ", GOOD), (f"{build.recipe.id} can be built on this machine", HEAD))
    yield Text(f"  {host.os.pretty}, {host.os.arch.value}, for the {build.device.upper()}")
    yield from plan.decisions(build, glyphs)
    yield Text()
    off = [
        f.name for f in build.features if not f.on and not f.asked and build.recipe.features[f.name].default == "auto"
    ]
    if off:
        yield Text(f"{', '.join(off)} will be off, for the reasons above.")
    if build.install:
        yield Text(f"{plural(len(build.install), 'Debian package')} will be installed first.")
    yield Text.assemble("Next: ", (command, HEAD))
