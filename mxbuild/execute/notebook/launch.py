"""How Jupyter's server is started: its command line and its environment. Pure.

What is said on the command line wins over any configuration file. The token is Jupyter's own, random, in each run;
the address is the loopback's unless another one was asked for.
"""

import ipaddress
import os
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import quote

from mxbuild.execute.notebook import places
from mxbuild.execute.notebook.provide import Ready
from mxbuild.locations import Locations

LOOPBACK = "127.0.0.1"
PORT = 8888
"""Jupyter's own first choice; where nobody asked for a port, it takes the next one that is free."""
LEADING = ("PYTHON", "JUPYTER", "IPYTHON", "VIRTUAL_ENV", "__PYVENV_LAUNCHER__")
"""Beginnings of variables that would lead the server, or a kernel, to other code, settings or passwords."""


@dataclass(frozen=True)
class Asked:
    """What is wanted of the server."""

    directory: str
    """The notebooks'."""
    notebook: str = ""
    """Name of the one in it that is opened first; "" for none."""
    ip: str = LOOPBACK
    port: int | None = None
    """None: PORT, or the next one that is free."""
    browser: bool = True
    root: bool = False
    """It runs as root, and Jupyter wants to be told that this is meant."""
    verbose: bool = False


def command(ready: Ready, asked: Asked) -> list[str]:
    """The server's command line."""
    where = f"/lab/tree/{quote(asked.notebook)}" if asked.notebook else "/lab"
    words = [f"{ready.server.bin}/python", "-I", "-m", "jupyterlab"]
    words += [f"--ServerApp.ip={asked.ip}", f"--ServerApp.port={asked.port or PORT}"]
    words += ["--ServerApp.port_retries=0"] if asked.port else []
    words += [f"--ServerApp.root_dir={asked.directory}", f"--LabApp.default_url={where}"]
    # The manager of extensions would install into the server, and asks a package index for that.
    words += ["--LabApp.extension_manager=readonly", "--LabApp.news_url=None"]
    words += [] if asked.verbose else ["--ServerApp.log_level=WARN", "--LabApp.log_level=WARN"]
    words += ["--allow-root"] if asked.root else []
    return words if asked.browser else [*words, "--no-browser"]


def environment(ready: Ready, where: Locations, environ: Mapping[str, str]) -> dict[str, str]:
    """The server's environment: the caller's without what leads astray; Jupyter's own files lie in our directories."""
    own = f"{where.state}/{places.DIRECTORY}"
    one = ready.kernel.one
    behind = f":{one.path}/bin" if one else ""
    kept = {name: value for name, value in environ.items() if not name.startswith(LEADING)}
    return {
        **kept,
        "PATH": f"{ready.kernel.bin}{behind}:{environ.get('PATH', os.defpath)}",
        "JUPYTER_PATH": ready.kernel.share,
        "JUPYTER_CONFIG_DIR": f"{own}/config",
        "JUPYTER_DATA_DIR": f"{own}/data",
        "JUPYTER_RUNTIME_DIR": f"{own}/runtime",
    }


def loopback(ip: str) -> bool:
    """Whether nobody but this machine can reach the address."""
    if ip == "localhost":
        return True
    try:
        return ipaddress.ip_address(ip).is_loopback
    except ValueError:
        return False
