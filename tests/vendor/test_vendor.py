"""The whole way: gathered on one machine, installed on another whose network is gone."""

import json
import os
import shutil
import subprocess
from pathlib import Path

import pytest

from mxbuild.execute import vendored
from tests.faults.corner import Corner

pytestmark = pytest.mark.xdist_group("vendor")  # what is gathered is gathered on one worker
CALM = ("--no-apt", "--no-mxbuild")


@pytest.fixture(scope="module")
def corner(tmp_path_factory: pytest.TempPathFactory, copying: str) -> Corner:
    """Nothing is installed in it; there is an index of one wheel."""
    return Corner(tmp_path_factory.mktemp("vendor") / "corner", copying)


def vendor(corner: Corner, file: Path, *more: str) -> dict[str, object]:
    ended = corner.run("vendor", "tiny", *CALM, "--python", corner.python, "-o", str(file), "--json", *more)
    assert ended.code == 0, ended.said
    return dict(json.loads(ended.said.splitlines()[-1]))


@pytest.fixture(scope="module")
def gathered(corner: Corner) -> Path:
    file = corner.root.parent / "tiny.tar"
    said = vendor(corner, file, "--set", "LOUD=3")
    assert (said["file"], said["size"]) == (str(file), file.stat().st_size)
    return file


def test_what_was_gathered_is_installed_without_an_index_and_is_the_same(corner: Corner, gathered: Path) -> None:
    assert set(vendored.look(str(gathered)).manifest.members) == {"wheels/alpha-1.5-py3-none-any.whl"}

    shutil.rmtree(corner.root / "cache")
    online = corner.run(*corner.install(3))
    assert online.code == 0, online.said
    before = json.loads((corner.prefix / "current/receipt.json").read_text())
    for name in ("prefix", "cache", "state"):
        shutil.rmtree(corner.root / name)
    shutil.move(corner.root / "shop", corner.root.parent / "shop")
    try:
        words = ("install", "--vendored", str(gathered), "--no-apt", "--no-ccache", "--yes", "--python", corner.python)
        offline = corner.run(*words)
        assert offline.code == 0, offline.said
        corner.settled(offline)
        after = json.loads((corner.prefix / "current/receipt.json").read_text())
        for name in ("recipe", "fingerprint", "wheel_sha256", "library_sha256", "python_packages", "commit"):
            assert after[name] == before[name], name
        assert "already" in corner.run(*words).said
        assert corner.run(*corner.install(3)).code == 0, "and without the file all is done as well"
    finally:
        shutil.move(corner.root.parent / "shop", corner.root / "shop")


def test_a_file_that_was_changed_installs_nothing(corner: Corner, gathered: Path) -> None:
    file = corner.root.parent / "changed.tar"
    file.write_bytes(gathered.read_bytes().replace(b"dist-info/WHEEL", b"dist-info/WHEEk"))
    assert file.read_bytes() != gathered.read_bytes()
    for name in ("prefix", "cache", "state"):  # another test may have installed it: nothing would be left to do
        shutil.rmtree(corner.root / name, ignore_errors=True)
    ended = corner.run("install", "--vendored", str(file), "--no-apt", "--yes", "--python", corner.python)
    assert ended.code == 5, ended.said
    assert "refused to install from" in ended.said
    assert not list((corner.root / "cache").glob("vendored/*/*"))
    assert not list(corner.prefix.glob("envs/*"))


def test_it_is_written_whole_and_the_same_each_time(corner: Corner, gathered: Path) -> None:
    file = corner.root.parent / "full" / "tiny.tar"
    ended = corner.run("vendor", "tiny", *CALM, "--python", corner.python, "-o", str(file))
    assert (ended.code, "there is no directory" in ended.said) == (2, True), ended.said
    file.parent.mkdir()
    vendor(corner, file, "--set", "LOUD=3")
    assert file.read_bytes() == gathered.read_bytes()
    assert os.listdir(file.parent) == ["tiny.tar"]


def test_the_shell_script_of_the_plan_takes_it_out_of_the_file(corner: Corner, gathered: Path) -> None:
    words = ("plan", "--vendored", str(gathered), "--no-apt", "--no-ccache", "--python", corner.python)
    ended = corner.run(*words, "--format", "sh")
    assert ended.code == 0, ended.said
    assert "--no-index --find-links" in ended.said
    unpack = ended.said.split("# --- Unpack")[1].split("# ---")[0]
    subprocess.run(["sh", "-euc", "#" + unpack], check=True, capture_output=True)
    assert list((corner.root / "cache/vendored").glob("*/wheels/alpha*"))


def test_a_toolkit_of_this_machine_is_in_no_file(corner: Corner) -> None:
    for option in (("--cuda", "/usr/local/cuda"), ("--cuda-from", "system"), ("--cudnn", "/opt/cudnn")):
        ended = corner.run("vendor", "mini", "--gpu", *option)
        assert (ended.code, f"{' '.join(option)} is of this machine" in ended.said) == (2, True), ended.said
        assert "--cuda-from wheels" in ended.said
