"""Locks what notebooks take, after mxbuild/data/notebook.toml was changed: python -m tests.lock_notebook INDEX."""

import sys
from collections.abc import Iterator

from mxbuild import durable
from mxbuild.execute.locking import lock
from mxbuild.execute.notebook.pins import LOCK, pins
from mxbuild.execute.wheelindex import Index
from mxbuild.recipe import lockfile
from mxbuild.recipe.match import version_matches

NEWEST = 30
"""Minor version of Python up to which a row's range is tried."""


def sets() -> Iterator[tuple[str, tuple[str, ...]]]:
    """Interpreter and pins, of every row of servers and kernels."""
    for row in (*pins().server, *pins().kernel):
        for minor in range(NEWEST):
            if version_matches("Python", f"3.{minor}", row.python).ok:
                yield f"3.{minor}", row.packages


def provided(python: str) -> tuple[str, ...]:
    """What an environment on this interpreter has; a server on it has to do with it as well, and does."""
    return next((row.provided for row in pins().kernel if version_matches("Python", python, row.python).ok), ())


def main(index: str) -> None:
    wanted = [(python, packages, False) for python, packages in sets()]
    made = lock(wanted, Index(index), provided=provided, say=lambda text: print(text, file=sys.stderr))
    durable.write(LOCK, lockfile.text(made))
    print(f"{LOCK}: {len(made.sets)} sets of {len(made.wheels)} packages")


if __name__ == "__main__":
    main(sys.argv[1])
