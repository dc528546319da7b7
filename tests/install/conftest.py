"""The whole path on the miniature, with the real git, make, compiler, pip and graphviz, in real processes."""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import platformdirs
import pytest

from tests import forks
from tests.execute import pythons

ROOT = Path(__file__).parents[2]
TINY = ROOT / "tests/faults/recipes"
"""Recipes: tiny takes every step of an install, and a quarter of mini's time for it."""


@dataclass(frozen=True)
class Place:
    """A machine's corner of its own: prefix, cache, state and HOME below one directory."""

    root: Path
    python: str = ""
    """An interpreter that comes before all that are on PATH."""
    recipes: str = ""
    """A directory of recipes besides those that mxbuild brings."""

    @property
    def environ(self) -> dict[str, str]:
        kept = {k: v for k, v in os.environ.items() if not k.startswith(("MXBUILD_", "GITHUB_", "GITLAB_"))}
        if self.python:
            kept["PATH"] = f"{os.path.dirname(self.python)}:{kept['PATH']}"
        return kept | {
            "HOME": str(self.root / "home"),
            "MXBUILD_PREFIX": str(self.root / "prefix"),
            "MXBUILD_CACHE_DIR": str(self.root / "cache"),
            "MXBUILD_STATE_DIR": str(self.root / "state"),
            "MXBUILD_RECIPES": self.recipes,
            "PYTHONPATH": str(ROOT),
            "COLUMNS": "100",
        }

    def run(
        self, *arguments: str, check: int | None = 0, under: Sequence[str] = (), **more: str
    ) -> "subprocess.CompletedProcess[str]":
        """`mxbuild ARGUMENTS`; `check`: the exit code that it must have; `under`: what stands before it."""
        if under:
            done = subprocess.run(
                [*under, sys.executable, "-m", "mxbuild", *arguments],
                env=self.environ | more,
                cwd=self.root,
                capture_output=True,
                text=True,
                stdin=subprocess.DEVNULL,
                check=False,
            )
        else:
            forks.import_all()
            done = forks.mxbuild(*arguments, environ=self.environ | more, cwd=self.root)
        if check is not None:
            assert done.returncode == check, f"{done.returncode}\n{done.stdout}\n{done.stderr}"
        return done

    def files(self) -> dict[str, tuple[int, int]]:
        """Every file below with its size and time: what has changed shows."""
        found = {}
        for path in self.root.rglob("*"):
            stat = path.lstat()
            found[str(path)] = (stat.st_size if path.is_file() else 0, stat.st_mtime_ns)
        return found

    @property
    def current(self) -> Path:
        return self.root / "prefix" / "current"

    def receipt(self) -> dict[str, Any]:
        return dict(json.loads((self.current / "receipt.json").read_text()))

    def library(self) -> Path:
        return next(self.current.glob("lib/python3*/site-packages/mxnet/libmxnet.so"))


def place(root: Path, objects: Path, python: str = "") -> Place:
    """Args: `objects`: where ccache keeps objects (where it is installed), shared to spare the second compile."""
    (root / "home").mkdir(parents=True)
    (root / "cache").mkdir()
    (root / "cache" / "ccache").symlink_to(objects)
    return Place(root, python)


@pytest.fixture(scope="session")
def objects() -> Path:
    """ccache's directory, kept in the user's cache: what nobody has changed is compiled once on a machine."""
    where = Path(platformdirs.user_cache_dir("mxbuild-tests")) / "objects"
    where.mkdir(parents=True, exist_ok=True)
    return where


@pytest.fixture(scope="session")
def installed(tmp_path_factory: pytest.TempPathFactory, objects: Path, copying: str) -> Place:
    """mini, installed once; tests that use it leave it as it is."""
    where = place(tmp_path_factory.mktemp("installed"), objects, copying)
    done = where.run("install", "mini", "--no-apt", "--yes", "--json")
    (where.root / "install.jsonl").write_text(done.stdout)
    return where


def stock(installed: Place, prefix: Path, product: str) -> str:
    """An interpreter whose `-m venv` has the pins in it already: pip finds them, and need neither ask nor unpack."""
    environment = prefix / "environment"
    subprocess.run(["cp", "-a", installed.current.resolve(), environment], check=True)
    (environment / "receipt.json").unlink()
    (site,) = environment.glob("lib/python3*/site-packages")
    for own in (site / "mxnet", *site.glob(f"{product}-*.dist-info")):
        shutil.rmtree(own)
    return pythons.copier(prefix)


@pytest.fixture(scope="session")
def stocked(installed: Place, tmp_path_factory: pytest.TempPathFactory) -> str:
    return stock(installed, tmp_path_factory.mktemp("stocked"), "mini")


@pytest.fixture
def elsewhere(tmp_path: Path, objects: Path, stocked: str) -> Callable[[], Place]:
    """Another corner, empty."""
    return lambda: place(tmp_path / "place", objects, stocked)


@pytest.fixture(scope="session")
def tiny(tmp_path_factory: pytest.TempPathFactory, copying: str) -> Place:
    """tiny, installed once, for tests that ask for nothing that mini alone has; they leave it as it is."""
    root = tmp_path_factory.mktemp("tiny")
    (root / "home").mkdir()
    pythons.packed(root / "shop", "alpha", "1.5")
    where = Place(root, copying, str(TINY))
    shop = {"PIP_FIND_LINKS": str(root / "shop"), "PIP_NO_INDEX": "1"}
    where.run("install", "tiny", "--no-apt", "--no-ccache", "--yes", **shop)
    return where


@pytest.fixture(scope="session")
def tiny_stocked(tiny: Place, tmp_path_factory: pytest.TempPathFactory) -> str:
    return stock(tiny, tmp_path_factory.mktemp("stocked"), "tiny")


@pytest.fixture
def beside(tmp_path: Path, tiny_stocked: str) -> Callable[[], Place]:
    """Another corner for tiny, empty."""

    def made() -> Place:
        (tmp_path / "beside" / "home").mkdir(parents=True)
        return Place(tmp_path / "beside", tiny_stocked, str(TINY))

    return made
