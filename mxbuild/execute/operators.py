"""The user's own C++ operators, copied into the tree: make leaves objects beside sources, and those are the user's."""

import hashlib
import os
from pathlib import Path

from mxbuild import durable
from mxbuild.errors import BuildError
from mxbuild.model import Make


def place(step: Make, tree: str) -> None:
    """Copy them to where the variable EXTRA_OPERATORS says; what is there as it should be stays, with its time.

    Args:
        tree: its real path.

    Raises:
        BuildError: a file is another one than when the plan was made.
        OSError: the tree cannot be written.
    """
    if step.operators is None:
        return
    own = Path(tree, step.operators.place)
    for name, digest in step.operators.files.items():
        target = own / name
        if _digest(target) == digest:
            continue
        source = Path(step.operators.directory, name)
        try:
            content = source.read_bytes()
        except OSError as error:
            raise BuildError(f"{source} cannot be read: {error.strerror}") from error
        if hashlib.sha256(content).hexdigest() != digest:
            raise BuildError(
                f"{source} was changed since the plan was made",
                remedy="the same command again plans for what it is now",
            )
        durable.write(target, content)
    for directory, _, files in os.walk(own):
        for file in files:
            # Its objects and dependency files are judged as all others are.
            stranger = os.path.relpath(f"{directory}/{file}", own) not in step.operators.files
            if stranger and not file.endswith((".o", ".d")):
                os.unlink(f"{directory}/{file}")


def _digest(file: Path) -> str:
    try:
        return hashlib.sha256(file.read_bytes()).hexdigest()
    except OSError:
        return ""
