"""One of the two: what is to be installed, where, and whether it is there. Its name says all that shapes it."""

import hashlib
import os
import sys
from dataclasses import dataclass
from typing import Literal

from mxbuild.execute import contents
from mxbuild.execute.notebook import places
from mxbuild.execute.notebook.pins import Wanted, pins, wanted
from mxbuild.model import Installed

FORMAT = "1"
"""Of what is laid into them besides packages; another one makes them anew."""


@dataclass(frozen=True)
class Part:
    """A server or a kernel."""

    kind: Literal["server", "kernel"]
    path: str
    python: str
    """The interpreter that it is made with."""
    version: str
    wanted: Wanted
    one: Installed | None = None
    """The environment that a kernel is for."""

    @property
    def bin(self) -> str:
        return f"{self.path}/bin"

    @property
    def share(self) -> str:
        """Where Jupyter finds a server's settings, a kernel's spec: in the usual place is one of ipykernel's own."""
        return f"{self.path}/share/{'jupyter' if self.kind == 'server' else 'mxbuild'}"


def server(prefix: str) -> Part:
    """For the Python that runs mxbuild.

    Raises:
        UsageError: no server runs on it.
    """
    python, version = own()
    minor = ".".join(version.split(".")[:2])
    takes = wanted(pins().server, version)
    path = f"{places.root(prefix)}/server-py{minor}-{_digest(python, minor, takes)}"
    return Part("server", path, python, version, takes)


def own() -> tuple[str, str]:
    """The interpreter that mxbuild's own environment was made with, and its version."""
    base = f"{sys.base_prefix}/bin/python{sys.version_info.major}.{sys.version_info.minor}"
    return base if os.path.exists(base) else sys.executable, ".".join(map(str, sys.version_info[:3]))


def kernel(prefix: str, one: Installed) -> Part:
    """For an environment.

    Raises:
        UsageError: no kernel runs on its Python.
    """
    python, _, version = one.receipt.python.rpartition(" ")
    takes = wanted(pins().kernel, version)
    digest = _digest(python, version, takes, one.path, one.receipt.release)
    return Part("kernel", f"{places.root(prefix)}/kernel-{one.name}-{digest}", python, version, takes, one)


def damage(part: Part) -> str:
    """What is wrong with what lies there; "" where it is whole."""
    if not os.path.lexists(part.path):
        return "not there yet"
    record = places.read(part.path)
    if record is None:
        return "it was never finished"
    if not os.path.exists(f"{part.bin}/python"):
        return "its interpreter is gone"
    return next((one.text for one in contents.differences(part.path, record.packages, hashed=False)), "")


def _digest(*facts: object) -> str:
    words = [FORMAT, *(word for fact in facts for word in _words(fact))]
    return hashlib.sha256("\0".join(words).encode()).hexdigest()[:8]


def _words(fact: object) -> tuple[str, ...]:
    return (*fact.pins, *fact.hashed) if isinstance(fact, Wanted) else (str(fact),)
