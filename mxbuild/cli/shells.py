"""Where each shell takes completions from, and what it has to be told."""

import os
import re
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass

from mxbuild.cli.completing import VARIABLE

SHELLS = ("bash", "zsh", "fish")
MARK = "# mxbuild completion"
"""Ends the line that was written into a shell's own file."""
BASH_COMPLETION = "/usr/share/bash-completion/bash_completion"
"""Debian's package of that name: it loads what lies in the user's directory when a command is first completed."""


@dataclass(frozen=True)
class Place:
    """What makes a shell complete `mxbuild`."""

    shell: str
    file: str
    """Absolute path of the script."""
    startup: str
    """The file that the shell reads when it starts."""
    line: str
    """What has to stand in `startup`; "" where the shell finds the script by itself."""


def current(environ: Mapping[str, str]) -> str:
    """The user's shell, out of SHELL; "" for one that is none of ours."""
    name = os.path.basename(environ.get("SHELL", ""))
    return name if name in SHELLS else ""


def place(shell: str, environ: Mapping[str, str]) -> Place:
    """Where the script for a shell goes, by the rules of that shell."""
    home = os.path.expanduser("~")
    data = environ.get("XDG_DATA_HOME") or f"{home}/.local/share"
    if shell == "fish":
        config = environ.get("XDG_CONFIG_HOME") or f"{home}/.config"
        return Place(shell, f"{config}/fish/completions/mxbuild.fish", f"{config}/fish/config.fish", "")
    if shell == "zsh":
        file = f"{data}/zsh/site-functions/_mxbuild"
        ready = "(( $+functions[compdef] )) || { autoload -Uz compinit && compinit; }"
        startup = f"{environ.get('ZDOTDIR') or home}/.zshrc"
        return Place(shell, file, startup, f"{ready}; source {_quoted(file)}")
    own = environ.get("BASH_COMPLETION_USER_DIR") or f"{data}/bash-completion"
    file, startup = f"{own}/completions/mxbuild", f"{home}/.bashrc"
    return Place(shell, file, startup, "" if _loads(startup, "/etc/bash.bashrc") else f"source {_quoted(file)}")


def script(shell: str) -> str:
    """The script itself, as click has it for a shell."""
    from click.shell_completion import get_completion_class

    from mxbuild.cli import cli

    kind = get_completion_class(shell)
    assert kind is not None
    made = kind(cli, {}, "mxbuild", VARIABLE)
    return f"{(made.source_template % made.source_vars()).strip()}\n"


def told(where: Place) -> bool:
    """Whether the shell's own file has the line, or needs none."""
    return not where.line or where.line in _text(where.startup)


def _quoted(path: str) -> str:
    import shlex

    return shlex.quote(path)


def _loads(*files: str) -> bool:
    """Whether a bash that reads these files loads the package bash-completion."""
    there = os.path.exists(BASH_COMPLETION)
    return there and any(re.search(r"^[^#\n]*bash_completion", _text(file), re.MULTILINE) for file in files)


def _text(file: str) -> str:
    with suppress(OSError), open(file, encoding="utf-8", errors="replace") as opened:
        return opened.read()
    return ""
