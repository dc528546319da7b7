"""What a notebook is started on, and what the user should know before the server speaks for itself."""

import shutil
from collections.abc import Iterator, Mapping

from rich.console import RenderableType
from rich.text import Text

from mxbuild.execute.notebook.launch import PORT, Asked, loopback
from mxbuild.execute.notebook.provide import Ready
from mxbuild.execute.notebook.starter import NAME
from mxbuild.ui.console import GOOD, HEAD, WARN, Glyphs
from mxbuild.ui.layout import pairs, verbatim


def prepared(ready: Ready, glyphs: Glyphs) -> Iterator[RenderableType]:
    """All is installed; how another Jupyter can use the kernel."""
    yield _head(ready, "is ready for notebooks", glyphs)
    yield from pairs((("server", ready.server.path), ("kernel", ready.kernel.path)))
    yield Text("\n  another Jupyter sees the kernel with:")
    yield verbatim(f"export JUPYTER_PATH={ready.kernel.share}")


def starting(
    ready: Ready, asked: Asked, environ: Mapping[str, str], glyphs: Glyphs, *, laid: bool, trouble: str
) -> Iterator[RenderableType]:
    """The lines before the server's own.

    Args:
        laid: the starter notebook was written just now.
        trouble: why it could not be; "" for no trouble.
    """
    yield _head(ready, "in JupyterLab", glyphs)
    lines = [("directory", asked.directory)]
    if asked.notebook:
        lines.append(("notebook", f"{NAME}, to start with: yours now" if laid else NAME))
    elif not ready.record.gluon:
        lines.append(("notebook", f"none to start with: mxnet {ready.record.release} has no gluon"))
    yield from pairs((*lines, ("end it", "Ctrl-C, then y")))
    for text in _warnings(asked, environ, trouble):
        yield Text.assemble((f"{glyphs.warning} ", WARN), text)
    if not asked.browser and environ.get("SSH_CONNECTION") and loopback(asked.ip):
        port = asked.port or PORT
        yield Text("  from your own machine, then open the address there:")
        yield verbatim(f"ssh -L {port}:{asked.ip}:{port} THIS-MACHINE")


def _warnings(asked: Asked, environ: Mapping[str, str], trouble: str) -> Iterator[str]:
    if trouble:
        yield trouble
    if not loopback(asked.ip):
        yield (
            f"--ip {asked.ip}: whoever reaches this machine can try the token, and nothing is encrypted; "
            "who has the token runs any command as you"
        )
    if asked.root:
        yield "you are root, so Jupyter gets --allow-root: who has the token is root on this machine"
    if shutil.which("dot", path=environ.get("PATH")) is None:
        yield "graphviz's dot is not installed, so networks are not drawn: apt-get install graphviz"


def _head(ready: Ready, words: str, glyphs: Glyphs) -> Text:
    name = ready.kernel.one.name if ready.kernel.one else ""
    return Text.assemble((f"{glyphs.done} ", GOOD), (name, HEAD), f" {words}")
