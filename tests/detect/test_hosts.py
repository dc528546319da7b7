"""The captured machines: what is found on each, whole, and that their trees are what machines.toml says."""

import os
from pathlib import Path

import msgspec
import pytest
from syrupy.assertion import SnapshotAssertion
from syrupy.extensions.single_file import SingleFileSnapshotExtension, WriteMode

from mxbuild.detect import detect
from mxbuild.detect.capture import capture
from mxbuild.system import System
from tests.hosts.make_hosts import HERE, make, names

MACHINES = names()


class HostFile(SingleFileSnapshotExtension):
    """One JSON file for each machine."""

    _write_mode = WriteMode.TEXT
    file_extension = "json"


def tree(directory: Path) -> dict[str, tuple[str, bool]]:
    """Path -> (a link's target or a file's text, whether it can be executed)."""
    entries: dict[str, tuple[str, bool]] = {}
    for parent, directories, files in os.walk(directory):
        for path in (Path(parent) / name for name in [*files, *directories]):
            if path.is_symlink():
                entries[str(path.relative_to(directory))] = (f"-> {os.readlink(path)}", False)
            elif path.is_file():
                entries[str(path.relative_to(directory))] = (path.read_text(), os.access(path, os.X_OK))
    return entries


def paths(directory: Path) -> set[str]:
    """Of all files and links."""
    return {
        os.path.relpath(os.path.join(parent, name), directory)
        for parent, directories, files in os.walk(directory)
        for name in [*files, *(d for d in directories if os.path.islink(os.path.join(parent, d)))]
    }


@pytest.mark.parametrize("machine", MACHINES)
def test_host(machine: str, snapshot: SnapshotAssertion, tmp_path: Path) -> None:
    """And a capture of it finds the same, is found to be the same, and holds nothing that was not there."""
    host = capture(System.captured(HERE / machine), tmp_path / "again", places=("/home/user",))
    text = msgspec.json.format(msgspec.json.encode(host, order="deterministic"), indent=2).decode() + "\n"
    assert text == snapshot(extension_class=HostFile)
    assert detect(System.captured(tmp_path / "again"), places=("/home/user",)) == host
    assert paths(tmp_path / "again") <= paths(HERE / machine)


@pytest.mark.parametrize("machine", MACHINES)
def test_trees_are_current(machine: str, tmp_path: Path) -> None:
    make(machine, tmp_path / machine)
    assert tree(tmp_path / machine) == tree(HERE / machine), "run `python -m tests.hosts.make_hosts`"


def test_no_machine_is_forgotten() -> None:
    assert sorted(path.parent.name for path in HERE.glob("*/commands.toml")) == sorted(MACHINES)
