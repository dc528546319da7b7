"""What Jupyter is told once and for all: to ask nobody for news or updates, and to take over nobody's old settings."""

import json
import os
from pathlib import Path

from mxbuild.execute.notebook.part import Part

OVERRIDES = {
    "@jupyterlab/apputils-extension:notification": {"fetchNews": "false", "checkForUpdates": False},
}
SERVER = {"ServerApp": {"jpserver_extensions": {"jupyter_lsp": False}}}
"""Language servers are not installed; to look for them, jupyter_lsp would start npm, which writes into HOME."""


def write(part: Part) -> None:
    """Lay them into the server.

    Raises:
        OSError: the disk refuses.
    """
    directory = f"{part.share}/lab/settings"
    os.makedirs(directory, exist_ok=True)
    Path(directory, "overrides.json").write_text(json.dumps(OVERRIDES, indent=1) + "\n")
    directory = f"{part.path}/etc/jupyter"
    os.makedirs(directory, exist_ok=True)
    Path(directory, "jupyter_server_config.json").write_text(json.dumps(SERVER, indent=1) + "\n")


def own(directory: str) -> None:
    """Make the directory of Jupyter's settings.

    Where it has no marker, Jupyter copies what IPython had in HOME years ago: a password that was empty, an address
    that was everyone's.

    Raises:
        OSError: the disk refuses.
    """
    os.makedirs(f"{directory}/config", mode=0o700, exist_ok=True)
    Path(directory, "config/migrated").touch()
