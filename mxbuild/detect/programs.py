"""Finding programs on PATH, and asking several of them at once."""

from collections.abc import Callable, Sequence

from mxbuild.system import Answer, System

Ask = Callable[[Sequence[Sequence[str]]], list[Answer | None]]
"""Runs commands side by side and answers in their order."""


def is_shim(directory: str) -> bool:
    """Whether a directory holds a version manager's stand-ins (pyenv, asdf, rbenv ...).

    They are shell scripts: 0.3 s for each start, and what they start depends on the current directory.
    """
    return directory.rsplit("/", 1)[-1] == "shims"


def find(system: System, name: str) -> str | None:
    """First executable of that name on PATH, version managers' shims left out."""
    paths = (f"{directory}/{name}" for directory in system.search_path() if not is_shim(directory))
    return next((path for path in paths if system.executable(path)), None)


def find_all(system: System, pattern: str) -> tuple[str, ...]:
    """All executables on PATH that fit the shell pattern, in PATH's order, shims left out."""
    return tuple(path for path in system.which_all(pattern) if not is_shim(path.rsplit("/", 1)[0]))


def said(answer: Answer | None) -> str:
    """What a program that ended well wrote, wherever it wrote it (`dot -V` writes to stderr)."""
    return "" if answer is None or answer.code != 0 else f"{answer.stdout}\n{answer.stderr}"
