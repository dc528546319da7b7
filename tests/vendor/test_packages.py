"""Debian packages out of an archive of two, by the real apt-get and dpkg-deb, without root."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from mxbuild.errors import AptError
from mxbuild.execute import apt
from mxbuild.execute.context import Context
from mxbuild.execute.wheel import sha256
from mxbuild.model import InstallPackages
from mxbuild.vendor import packages
from tests.execute import pythons

pytestmark = pytest.mark.skipif(not shutil.which("dpkg-deb"), reason="Debian's own tools")
CONTROL = """\
Package: {name}
Version: {version}
Architecture: all
Maintainer: nobody <nobody@example.org>
Depends: {depends}
Description: nothing
"""


def deb(shop: Path, name: str, version: str, depends: str = "") -> Path:
    tree = shop / f"{name}.tree"
    (tree / "DEBIAN").mkdir(parents=True)
    text = CONTROL.format(name=name, version=version, depends=depends).replace("Depends: \n", "")
    (tree / "DEBIAN/control").write_text(text)
    file = shop / f"{name}_{version.partition(':')[2] or version}_all.deb"
    subprocess.run(["dpkg-deb", "--root-owner-group", "-Znone", "-b", tree, file], check=True, capture_output=True)
    shutil.rmtree(tree)
    return file


@pytest.fixture
def shop(tmp_path: Path) -> Path:
    place = tmp_path / "shop"
    place.mkdir()
    deb(place, "tool", "1:2.0-1", "part (>= 1.0)")
    deb(place, "part", "1.1")
    deb(place, "other", "1.0")
    index(place)
    return place


def index(shop: Path) -> None:
    rows = []
    for file in sorted(shop.glob("*.deb")):
        said = subprocess.run(["dpkg-deb", "-f", file], check=True, capture_output=True, text=True).stdout
        digest = sha256(str(file))
        rows.append(f"{said}Filename: ./{file.name}\nSize: {file.stat().st_size}\nSHA256: {digest}\n")
    (shop / "Packages").write_text("\n".join(rows))


def context(shop: Path, method: str = "copy") -> Context:
    """apt-get that knows of the shop alone."""
    config = shop / "apt.conf"
    (shop / "sources.list").write_text(f"deb [trusted=yes] {method}:{shop} ./\n")
    config.write_text(f'Dir::Etc::SourceList "{shop}/sources.list";\nDir::Etc::SourceParts "/dev/null";\n')
    return pythons.context(environ={**os.environ, "APT_CONFIG": str(config)})


def test_a_package_comes_with_all_that_it_depends_on_and_nothing_else(tmp_path: Path, shop: Path) -> None:
    found, versions = packages.gather(["tool"], str(tmp_path / "work"), context(shop))
    assert sorted(found) == ["debs/Packages", "debs/part_1.1_all.deb", "debs/tool_2.0-1_all.deb"]
    assert versions == {"tool": "1:2.0-1", "part": "1.1"}
    again, _ = packages.gather(["tool"], str(tmp_path / "work"), context(shop, "file"))
    assert again["debs/Packages"] == found["debs/Packages"], "the same bytes, wherever they came from"

    # What an install asks of apt-get, on a machine whose dpkg knows nothing: all comes out of the directory.
    there = tmp_path / "there" / "debs"
    there.mkdir(parents=True)
    for name, content in found.items():
        (there.parent / name).write_bytes(content if isinstance(content, bytes) else content.read_bytes())
    step = InstallPackages(packages=("tool",), right="root", unconfigured=False, archive=str(there))
    (command,) = apt.commands(step)
    bare = [word for setting in _private(tmp_path / "bare") for word in ("-o", setting)]
    done = subprocess.run([*command, "--simulate", *bare], capture_output=True, text=True, check=True)
    assert [line.split()[1] for line in done.stdout.splitlines() if line.startswith("Inst ")] == ["part", "tool"]
    done = subprocess.run([*command, "--print-uris", *bare], capture_output=True, text=True, check=True)
    assert f"'file:{there}/part_1.1_all.deb'" in done.stdout
    other = apt.commands(InstallPackages(packages=("bash",), right="root", unconfigured=False, archive=str(there)))
    done = subprocess.run([*other[0], "--simulate", *bare], capture_output=True, text=True, check=False)
    assert done.returncode != 0, "no archive of this machine is asked"


def _private(root: Path) -> tuple[str, ...]:
    for name in ("state/lists/partial", "cache/archives/partial"):
        (root / name).mkdir(parents=True)
    (root / "status").touch()
    return f"Dir::State={root}/state", f"Dir::State::status={root}/status", f"Dir::Cache={root}/cache"


def test_what_is_not_what_the_archive_lists_is_refused(
    tmp_path: Path, shop: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(packages, "TRIES", 1)
    with pytest.raises(AptError, match="does not find all packages"):
        packages.gather(["absent"], str(tmp_path / "work"), context(shop))
    with (shop / "part_1.1_all.deb").open("ab") as file:
        file.write(b"x")
    with pytest.raises(AptError):
        packages.gather(["tool"], str(tmp_path / "work"), context(shop))
