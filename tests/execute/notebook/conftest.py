"""Small stand-ins for Jupyter and matplotlib in an index of our own, and an environment with a small `mxnet`."""

import hashlib
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

import msgspec
import pytest

from mxbuild.execute.notebook import part, pins, provide
from mxbuild.locations import Locations
from mxbuild.model import Event, Installed
from tests.execute import pythons
from tests.ui import values

VERSION = ".".join(map(str, sys.version_info[:3]))
MINOR = ".".join(VERSION.split(".")[:2])
MATPLOTLIB = """
import os, pathlib, sys, types
pathlib.Path(os.environ["MPLCONFIGDIR"]).mkdir()
sys.modules["matplotlib.pyplot"] = types.ModuleType("pyplot")
def use(backend): pass
"""
TOML = """
[[server]]
python = ">=3.10"
packages = ["jupyterlab==1.0"]
[[kernel]]
python = ">=3.6"
packages = ["ipykernel==1.0", "matplotlib==1.0"]
provided = ["numpy==1.23.5"]
"""


@dataclass(frozen=True)
class Corner:
    """A prefix with one environment."""

    where: Locations
    one: Installed
    shop: Path

    @property
    def environ(self) -> dict[str, str]:
        """What a caller has; much of it would lead astray."""
        own = {"PATH": os.environ["PATH"], "HOME": "/nonexistent", "PIP_CONFIG_FILE": "/dev/null"}
        return {**own, "PIP_FIND_LINKS": str(self.shop), "PIP_NO_INDEX": "1", "PYTHONPATH": str(self.shop / "traps")}


@pytest.fixture(scope="session")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Wheels, the pins of them and their lock."""
    return stock(tmp_path_factory.mktemp("jupyter"))


def stock(directory: Path) -> Path:
    """Fill it with these."""
    hashes = {}
    for name, text in (("jupyterlab", ""), ("ipykernel", ""), ("matplotlib", MATPLOTLIB)):
        wheel = Path(pythons.packed(directory, name, "1.0", text).wheel)
        hashes[f"{name}==1.0"] = {wheel.name: hashlib.sha256(wheel.read_bytes()).hexdigest()}
    (directory / "notebook.toml").write_text(TOML)
    sets = [
        {"python": MINOR, "pins": ["jupyterlab==1.0"]},
        {"python": MINOR, "pins": ["ipykernel==1.0", "matplotlib==1.0"]},
    ]
    (directory / "notebook.lock").write_text(json.dumps({"format": 1, "sets": sets, "wheels": hashes}))
    (directory / "traps/mxnet").mkdir(parents=True)
    (directory / "traps/mxnet/__init__.py").write_text("raise SystemExit('trapped')")
    return directory


@contextmanager
def replaced(shop: Path, python: str) -> Iterator[None]:
    """The stand-ins' pins and lock, and an interpreter whose `-m venv` is quick, in place of our own."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(part, "own", lambda: (python, VERSION))
        patch.setattr(pins, "DATA", shop)
        patch.setattr(pins, "LOCK", shop / "notebook.lock")
        pins.pins.cache_clear()
        pins.lock.cache_clear()
        yield
    pins.pins.cache_clear()
    pins.lock.cache_clear()


@dataclass(frozen=True)
class Made:
    """What was installed once, and what was told and seen then."""

    corner: Corner
    events: list[Event]
    before: dict[str, bytes]
    """The environment's files."""


@pytest.fixture(scope="session")
def made(tmp_path_factory: pytest.TempPathFactory, shop: Path, copying: str) -> Made:
    root = tmp_path_factory.mktemp("notebook")
    where = Locations(*(str(root / name) for name in ("prefix", "cache", "state")))
    one = toy(root / "prefix", copying)
    found = Made(Corner(where, one, shop), [], files(one.path))
    with replaced(shop, copying), ExitStack() as stack:
        provide.prepare(one, where, found.corner.environ, found.events.append, stack)
    subprocess.run(["cp", "-al", root / "prefix", root / "saved"], check=True)
    return found


def toy(prefix: Path, copying: str) -> Installed:
    """Make an environment."""
    environment = prefix / "envs/toy-1.2-cpu-py3-aaaa1111"
    pythons.run(copying, "-m", "venv", str(environment))
    (site,) = environment.glob("lib/python3*/site-packages")
    (site / "mxnet").mkdir()
    (site / "mxnet/__init__.py").write_text("__version__, gluon = '1.2', None\n")
    proof = msgspec.structs.replace(
        values.RECEIPT, recipe="toy-1.2", release="1.2", python=f"{copying} {VERSION}", verification=None
    )
    (environment / "receipt.json").write_bytes(msgspec.json.encode(proof))
    return Installed(name=environment.name, path=str(environment), current=True, receipt=proof)


@pytest.fixture
def corner(made: Made, shop: Path, copying: str) -> Iterator[Corner]:
    """As it was made, by links: no file is written to, but put in another's place (`rewrite`)."""
    prefix = Path(made.corner.where.prefix)
    shutil.rmtree(prefix)
    subprocess.run(["cp", "-al", prefix.parent / "saved", prefix], check=True)
    with replaced(shop, copying):
        yield made.corner


def rewrite(path: Path, text: str) -> None:
    """Another file in its place."""
    path.unlink()
    path.write_text(text)


def files(directory: str) -> dict[str, bytes]:
    """Path -> content, of all but what Python compiles."""
    return {str(p): p.read_bytes() for p in Path(directory).rglob("*") if p.is_file() and p.suffix != ".pyc"}
