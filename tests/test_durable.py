import errno
import os
import tempfile
from pathlib import Path

import pytest

from mxbuild import durable


def full(*_: object) -> int:
    raise OSError(errno.ENOSPC, "No space left on device")


def test_what_cannot_be_written_whole_leaves_what_was_there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    durable.write(tmp_path / "file", b"before")
    for call in ("fsync", "replace", "open"):
        with monkeypatch.context() as patch:
            patch.setattr(os, call, full)
            with pytest.raises(OSError, match="No space"):
                durable.write(tmp_path / "file", b"after")
        assert [(p.name, p.read_bytes()) for p in tmp_path.iterdir()] == [("file", b"before")], call


def test_file_and_directory_are_on_the_disk_before_it_returns(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[str] = []
    fsync, replace = os.fsync, os.replace

    def syncing(descriptor: int) -> None:
        seen.append(os.readlink(f"/proc/self/fd/{descriptor}"))
        fsync(descriptor)

    def replacing(source: str, target: str) -> None:
        seen.append("rename")
        replace(source, target)

    monkeypatch.setattr(os, "fsync", syncing)
    monkeypatch.setattr(os, "replace", replacing)
    durable.write(tmp_path / "file", b"x")
    assert seen == [f"{tmp_path}/file.partial", "rename", str(tmp_path)]


def test_a_link_in_the_place_of_a_partial_file_is_not_followed(tmp_path: Path) -> None:
    (tmp_path / "precious").write_text("as it was")
    (tmp_path / "file.partial").symlink_to("precious")
    durable.write(tmp_path / "file", b"x")
    assert (tmp_path / "precious").read_text() == "as it was"
    assert (tmp_path / "file").read_text() == "x"
    assert not (tmp_path / "file").is_symlink()


def test_a_link_is_switched_and_never_away(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = str(tmp_path / "current")
    durable.link("a", path)
    (tmp_path / f"current.partial-{os.getpid()}").symlink_to("left by a kill")
    durable.link("b", path)
    assert os.readlink(path) == "b"
    monkeypatch.setattr(os, "replace", full)
    with pytest.raises(OSError, match="No space"):
        durable.link("c", path)
    assert [(p.name, os.readlink(p)) for p in tmp_path.iterdir()] == [("current", "b")]


def test_a_short_write_is_gone_on_with(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write = os.write
    monkeypatch.setattr(os, "write", lambda descriptor, data: write(descriptor, bytes(data[:3])))
    durable.append(tmp_path / "lines", b"0123456789")
    assert (tmp_path / "lines").read_bytes() == b"0123456789\n"


def test_a_scratch_directory_that_cannot_be_deleted_is_no_error(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    with durable.scratch("one") as gone:
        Path(gone, "file").touch()
    assert not list(tmp_path.iterdir())

    def broken(path: str, **_: object) -> None:
        raise OSError(errno.EIO, os.strerror(errno.EIO), path)

    with durable.scratch("two") as stays:
        monkeypatch.setattr(os, "rmdir", broken)
    monkeypatch.undo()
    assert [str(path) for path in tmp_path.iterdir()] == [stays]
