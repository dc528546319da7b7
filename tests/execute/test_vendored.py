"""A vendored file that lies, is cut off, or is made by somebody else's program."""

import hashlib
import io
import os
import tarfile
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import msgspec
import pytest

from mxbuild.errors import DiskError, SourceError
from mxbuild.execute import vendored
from mxbuild.model import JournalEntry, Manifest, Member, Progress, UnpackVendored, Wish
from mxbuild.vendor import archive
from tests.execute import pythons

ENTRY = JournalEntry(id="vendored", digest="", finished=0.0, seconds=0.0, detail="")
FILES: dict[str, bytes] = {
    "SHA256SUMS": b"sums\n",
    "debs/a_1.0_all.deb": b"!<arch>\n" * 100,
    "git/example.org/owner/main/0123.pack": b"PACK" * 1000,
    "wheels/a-1-py3-none-any.whl": b"",
}


def manifest(members: dict[str, bytes], **changes: Any) -> Manifest:
    sizes = {n: Member(size=len(c), sha256=hashlib.sha256(c).hexdigest()) for n, c in members.items()}
    whole = Manifest(
        mxbuild="0.1", recipe="mini", wish=Wish(), system="debian-12", arch="x86_64", python="3.11", apt=True,
        members=sizes,
    )  # fmt: skip
    return msgspec.structs.replace(whole, **changes)


def made(file: Path, members: dict[str, bytes] | None = None, **changes: Any) -> Path:
    members = FILES if members is None else members
    archive.write(str(file), manifest(members, **changes), dict(members), lambda *_: None)
    return file


def written(file: Path, about: Manifest | bytes, *entries: tuple[Any, ...], form: int = tarfile.USTAR_FORMAT) -> Path:
    """A tar that anybody may have made; an entry is a name and content, or a TarInfo and content."""
    text = about if isinstance(about, bytes) else msgspec.json.encode(about)
    with tarfile.open(file, "w", format=form) as tar:
        for name, content in (("manifest.json", text), *entries):
            entry = tarfile.TarInfo(name) if isinstance(name, str) else name
            if entry.isreg():
                entry.size = len(content)
            tar.addfile(entry, io.BytesIO(content))
    return file


def step(file: Path, digest: str = "") -> UnpackVendored:
    if not digest:
        digest = vendored.look(str(file)).sha256
    return UnpackVendored(file=str(file), sha256=digest, size=1, directory=str(file.parent / "cache" / "one"))


def refused(file: Path) -> str:
    """What is said; nothing is left of it."""
    with pytest.raises(SourceError) as caught:
        vendored.run(step(file), pythons.context())
    where = file.parent / "cache"
    assert [p.name for p in where.glob("*") if not p.name.endswith(".lock")] == []
    return caught.value.message


def test_what_was_packed_is_what_is_unpacked_and_the_same_members_make_the_same_bytes(tmp_path: Path) -> None:
    file = made(tmp_path / "file.tar")
    assert made(tmp_path / "again.tar").read_bytes() == file.read_bytes()
    events: list[Any] = []
    one = step(file)
    assert vendored.damage(one, ENTRY)
    outcome = vendored.run(one, pythons.context(events))
    assert outcome.evidence["sha256"] == one.sha256
    for name, content in FILES.items():
        assert Path(one.directory, name).read_bytes() == content
    assert vendored.damage(one, ENTRY) == ""
    assert [e.done for e in events if isinstance(e, Progress)][-1] == sum(map(len, FILES.values()))
    file.unlink()
    assert vendored.run(one, pythons.context()).detail == "there already"


def test_tar_itself_can_take_it_apart(tmp_path: Path) -> None:
    file = made(tmp_path / "file.tar")
    pythons.run("tar", "-xf", str(file), "-C", str(tmp_path), "debs", "SHA256SUMS")
    assert (tmp_path / "debs/a_1.0_all.deb").read_bytes() == FILES["debs/a_1.0_all.deb"]


@pytest.mark.parametrize("name", ["SHA256SUMS", "git/example.org/owner/main/0123.pack"])
def test_what_was_unpacked_and_is_gone_or_shorter_is_unpacked_again(tmp_path: Path, name: str) -> None:
    one = step(made(tmp_path / "file.tar"))
    vendored.run(one, pythons.context())
    Path(one.directory, name).write_bytes(b"")
    assert name in vendored.damage(one, ENTRY)
    vendored.run(one, pythons.context())
    assert Path(one.directory, name).read_bytes() == FILES[name]


def test_a_bit_of_it_that_was_changed_is_noticed(tmp_path: Path) -> None:
    file = made(tmp_path / "file.tar")
    whole, digest = file.read_bytes(), step(file).sha256
    for place in range(0, len(whole), 97):
        file.write_bytes(whole[:place] + bytes([whole[place] ^ 1]) + whole[place + 1 :])
        with pytest.raises(SourceError):
            vendored.run(step(file, digest), pythons.context())
        assert not os.path.exists(step(file, digest).directory)


@pytest.mark.parametrize("share", [0.0, 0.05, 0.3, 0.5, 0.8])
def test_a_file_that_was_cut_off_is_refused(tmp_path: Path, share: float) -> None:
    file = made(tmp_path / "file.tar")
    digest = step(file).sha256
    os.truncate(file, int(file.stat().st_size * share))
    with pytest.raises(SourceError, match=r"cut off|does not begin|no whole tar"):
        vendored.run(step(file, digest), pythons.context())


def entry(name: str, kind: bytes, **fields: Any) -> tarfile.TarInfo:
    info = tarfile.TarInfo(name)
    info.type = kind
    for field, value in fields.items():
        setattr(info, field, value)
    return info


ONE = {"wheels/a": b"a"}
KINDS = {
    "symbolic link": tarfile.SYMTYPE, "hard link": tarfile.LNKTYPE, "device": tarfile.CHRTYPE,
    "block device": tarfile.BLKTYPE, "pipe": tarfile.FIFOTYPE, "directory": tarfile.DIRTYPE,
    "contiguous file": tarfile.CONTTYPE, "sparse file": tarfile.GNUTYPE_SPARSE, "unknown": b"Z",
}  # fmt: skip


@pytest.mark.parametrize("kind", KINDS)
def test_only_plain_files_are_taken(tmp_path: Path, kind: str) -> None:
    link = entry("wheels/a", KINDS[kind], linkname="/etc/passwd")
    said = refused(written(tmp_path / "file.tar", manifest(ONE), (link, b"")))
    assert "no plain file" in said or "no whole tar" in said


@pytest.mark.parametrize(
    "name", ["../a", "wheels/../../a", "/etc/a", "wheels//a", "./a", "wheels/.a", ".git/hooks/a", "a\\b", "-a", "é"]
)
def test_no_name_leads_elsewhere(tmp_path: Path, name: str) -> None:
    assert "no plain" in (said := refused(written(tmp_path / "file.tar", manifest(ONE), (name, b"a")))) or "tar" in said
    text = msgspec.json.encode(manifest(ONE)).replace(b"wheels/a", name.encode().replace(b"\\", b"\\\\"))
    with pytest.raises(SourceError, match="cannot be read"):
        vendored.look(str(written(tmp_path / "file.tar", text, (name, b"a"))))


def test_long_names_and_headers_of_other_formats_are_refused(tmp_path: Path) -> None:
    for form in (tarfile.GNU_FORMAT, tarfile.PAX_FORMAT):
        name = "wheels/" + "a" * 150
        assert refused(written(tmp_path / "file.tar", manifest(ONE), (name, b"a"), form=form))


LIES: dict[str, Callable[[Path], Path]] = {
    "its manifest does not name b": lambda f: written(f, manifest(ONE), ("wheels/a", b"a"), ("b", b"b")),
    "wheels/a is in it twice": lambda f: written(f, manifest(ONE), ("wheels/a", b"a"), ("wheels/a", b"a")),
    "it ends before wheels/a": lambda f: written(f, manifest(ONE)),
    "wheels/a is not what its SHA-256 says": lambda f: written(f, manifest(ONE), ("wheels/a", b"b")),
    "wheels/a has 2 bytes, not 1": lambda f: written(f, manifest(ONE), ("wheels/a", b"aa")),
    "manifest.json": lambda f: written(f, manifest(ONE), ("manifest.json", b"{}"), ("wheels/a", b"a")),
}


@pytest.mark.parametrize("said", LIES)
def test_a_file_that_is_not_what_its_manifest_says_is_refused(tmp_path: Path, said: str) -> None:
    assert said in refused(LIES[said](tmp_path / "file.tar"))


def huge() -> Manifest:
    return msgspec.structs.replace(manifest({}), members={"a": Member(size=7 << 30, sha256="0" * 64)})


@pytest.mark.parametrize(
    ("about", "said"),
    [
        (b"{}", "cannot be read"),
        (b"\xff", "cannot be read"),
        (b"[" * 100_000, "cannot be read"),
        (msgspec.json.encode(manifest(ONE))[:-1] + b',"more":1}', "cannot be read"),
        (manifest(ONE, format=2), "its format is 2"),
        (manifest(ONE, recipe="../recipe"), "cannot be read"),
        (manifest(ONE, wish=Wish(pins={"numpy": "1 --index-url=x"})), "cannot be read"),
        (manifest({"a": b"", "a/b": b""}), "names what no vendored file has"),
        (manifest({"manifest.json": b""}), "names what no vendored file has"),
        (manifest({f"a{n}": b"" for n in range(vendored.MOST + 1)}), "names what no vendored file has"),
        (huge(), "more than it has"),
        pytest.param(b" " * (vendored.LARGEST + 1), "does not begin with", id="large"),
    ],
)
def test_a_manifest_that_is_none_is_refused_at_once(tmp_path: Path, about: Manifest | bytes, said: str) -> None:
    with pytest.raises(SourceError, match=said):
        vendored.look(str(written(tmp_path / "file.tar", about)))


def test_what_is_no_file_of_ours_is_refused(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "text").write_text("hello\n" * 1000)
    (tmp_path / "empty").write_text("")
    with tarfile.open(tmp_path / "other", "w") as tar:
        tar.add(tmp_path / "text", "text")
    for name in ("pipe", "text", "empty", "other", "absent", "."):
        with pytest.raises(SourceError):
            vendored.look(str(tmp_path / name))


def test_another_file_than_was_planned_with_is_refused(tmp_path: Path) -> None:
    file = made(tmp_path / "file.tar")
    one = step(file)
    made(file, {"b": b"b"})
    with pytest.raises(SourceError, match="another one than a moment ago"):
        vendored.run(one, pythons.context())


def test_a_disk_without_room_is_said_before(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("shutil.disk_usage", lambda path: SimpleNamespace(free=0))
    with pytest.raises(DiskError, match="has room for 0 MB"):
        vendored.run(step(made(tmp_path / "file.tar")), pythons.context())
