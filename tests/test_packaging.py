"""What users get: the sdist, the wheel that is built from it, and mxbuild as it is installed from that."""

import os
import re
import subprocess
import sys
import tarfile
import zipfile
from dataclasses import dataclass
from pathlib import Path

import pytest

from mxbuild.version import version

pytest.importorskip("hatchling", reason="pip install hatchling hatch-vcs: as build-system.requires has them")
pytest.importorskip("hatch_vcs", reason="pip install hatchling hatch-vcs: as build-system.requires has them")

pytestmark = pytest.mark.xdist_group("packaging")  # what is built is built on one worker
ROOT = Path(__file__).parents[1]


@dataclass(frozen=True)
class Built:
    sdist: Path
    wheel: Path
    prefix: Path
    """Where the wheel is installed."""

    def run(self, *words: str) -> "subprocess.CompletedProcess[str]":
        """The installed `mxbuild`, far from the checkout."""
        (site,) = self.prefix.glob("lib/python3*/site-packages")
        environ = {"PATH": os.environ["PATH"], "HOME": str(self.prefix), "PYTHONPATH": str(site), "COLUMNS": "200"}
        return subprocess.run(
            [str(self.prefix / "bin" / "mxbuild"), *words], env=environ, cwd=self.prefix, text=True, check=False,
            capture_output=True, stdin=subprocess.DEVNULL,
        )  # fmt: skip


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Built:
    """The way of `python -m build` and `pip install`, with the build's requirements from here."""
    where = tmp_path_factory.mktemp("packaging")

    def run(*words: str, cwd: Path = ROOT) -> None:
        done = subprocess.run([sys.executable, "-m", *words], cwd=cwd, text=True, capture_output=True, check=False)
        assert done.returncode == 0, done.stdout + done.stderr

    run("hatchling", "build", "-t", "sdist", "-d", str(where))
    (sdist,) = where.glob("*.tar.gz")
    with tarfile.open(sdist) as archive:
        if hasattr(tarfile, "data_filter"):  # Debian 12's Python has none, 3.12 and later warn without
            archive.extraction_filter = tarfile.data_filter
        archive.extractall(where / "source")
    (source,) = (where / "source").iterdir()
    run("hatchling", "build", "-t", "wheel", "-d", str(where), cwd=source)
    (wheel,) = where.glob("*.whl")
    options = [
        "--no-deps",
        "--no-index",
        "--no-compile",
        "--quiet",
        "--disable-pip-version-check",
        "--ignore-installed",
    ]
    run("pip", "install", *options, "--prefix", str(where / "prefix"), str(wheel))
    return Built(sdist, wheel, where / "prefix")


def kept() -> list[str]:
    """Files that git keeps."""
    done = subprocess.run(["git", "ls-files"], cwd=ROOT, text=True, capture_output=True, check=False)
    if done.returncode != 0:
        pytest.skip("no git checkout")
    return [name for name in done.stdout.splitlines() if (ROOT / name).exists()]


def test_the_wheel_has_all_of_the_package_and_all_recipes(built: Built) -> None:
    names = set(zipfile.ZipFile(built.wheel).namelist())
    wanted = {name for name in kept() if name.startswith("mxbuild/")}
    wanted |= {f"mxbuild/{name}" for name in kept() if name.startswith("recipes/")}
    assert wanted - names == set()
    mine = {name for name in names if name.startswith("mxbuild/")}
    assert mine - wanted == {"mxbuild/_version.py"}


def test_every_installer_unpacks_the_sdist(built: Built) -> None:
    """uv refuses names that another system could not have."""
    with tarfile.open(built.sdist) as archive:
        assert [name for name in archive.getnames() if not re.fullmatch(r"[\w./@%+-]+", name)] == []


def test_the_version_is_that_of_the_checkout(built: Built) -> None:
    found = re.match(r"mxbuild-(.+)-py3-none-any\.whl", built.wheel.name)
    assert found
    assert found[1].partition("+")[0] == version().partition("+")[0]
    assert built.sdist.name == f"mxbuild-{found[1]}.tar.gz"
    done = built.run("--version")
    assert (done.stdout, done.stderr) == (f"mxbuild {found[1]}\n", "")


def test_what_is_installed_works_far_from_the_checkout(built: Built) -> None:
    done = built.run("recipes", "list")
    assert (done.returncode, done.stderr) == (0, "")
    listed = {line.split(maxsplit=1)[0] for line in done.stdout.splitlines() if line}
    assert {file.stem for file in (ROOT / "recipes").glob("*.toml")} <= listed


def test_the_manual_page_is_where_man_finds_it(built: Built) -> None:
    page = (built.prefix / "share" / "man" / "man1" / "mxbuild.1").read_text()
    assert page.startswith('.TH MXBUILD 1 "" "mxbuild ')
    assert page == built.run("man").stdout


def test_building_leaves_nothing_in_the_checkout(built: Built) -> None:
    assert not (ROOT / "mxbuild" / "_version.py").exists()
    assert not (ROOT / "dist").exists() or built.wheel.parent != ROOT / "dist"
