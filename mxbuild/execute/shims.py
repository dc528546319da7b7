"""What of upstream's Python package is another one in the wheel than in the tree, and our modules in front of it."""

import ast
import hashlib
from collections.abc import Iterator, Sequence
from importlib.resources import files
from pathlib import Path

from mxbuild.errors import BuildError
from mxbuild.execute import substitute
from mxbuild.model import PackWheel
from mxbuild.resolve.shims import PROCESSOR, processor

PLACE = "_mxbuild"
"""Directory in the package."""


def modules(step: PackWheel) -> Iterator[tuple[str, bytes]]:
    """Our modules: path below the package, content.

    Raises:
        BuildError: mxbuild was changed after the plan was made.
    """
    for name, sha256 in step.shims.items():
        content = files("mxbuild").joinpath(f"data/shims/{name}").read_bytes()
        if hashlib.sha256(content).hexdigest() != sha256:
            raise BuildError(f"mxbuild's own {name} is another one now", remedy="run the same command again")
        yield f"{PLACE}/{name}", content
    if step.processor:
        yield f"{PROCESSOR}.py", processor(step.processor).encode()


def imports(step: PackWheel) -> tuple[str, ...]:
    """The lines that come before all else in the package, in order."""
    names = ([PROCESSOR] if step.processor else []) + ([PLACE] if step.shims else [])
    return tuple(f"from . import {name}" for name in names)


def changed(step: PackWheel) -> dict[str, bytes]:
    """Path in the tree -> content in the wheel, of the files that differ.

    Raises:
        SourceError: a name is not there as often as the recipe says.
        BuildError: the package's own first module is no Python.
        OSError: a file cannot be read.
    """
    found: dict[str, bytes] = {}
    for file in dict.fromkeys(s.file for s in step.substitutions):
        rows = [s for s in step.substitutions if s.file == file]
        found[file] = substitute.changed(Path(step.tree, file).read_bytes(), rows)
    if lines := imports(step):
        first = f"{step.package}/__init__.py"
        found[first] = in_front(found.get(first) or Path(step.tree, first).read_bytes(), first, lines)
    return found


def in_front(text: bytes, name: str, ours: Sequence[str]) -> bytes:
    """The package's own `__init__.py`, which imports our modules before anything else.

    Behind its docstring and `from __future__`, which Python wants first.

    Raises:
        BuildError: it is no Python.
    """
    try:
        body = ast.parse(text, name).body
    except (SyntaxError, ValueError, MemoryError, RecursionError) as error:  # the last two: nested too deeply
        raise BuildError(f"{name} is no Python: {error}") from error
    last = max((node.end_lineno or 0 for node in body[:1] if _is_docstring(node)), default=0)
    last = max((node.end_lineno or 0 for node in body if _is_future(node)), default=last)
    lines = text.splitlines(keepends=True)
    return b"".join([*lines[:last], *(f"{line}\n".encode() for line in ours), *lines[last:]])


def _is_docstring(node: ast.stmt) -> bool:
    return isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant) and isinstance(node.value.value, str)


def _is_future(node: ast.stmt) -> bool:
    return isinstance(node, ast.ImportFrom) and node.module == "__future__"
