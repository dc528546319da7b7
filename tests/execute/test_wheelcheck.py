"""A wheel out of a store that is not what mxbuild packs is refused before pip sees it."""

import base64
import hashlib
import io
import stat
import tempfile
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mxbuild.execute import wheel, wheelcheck
from tests.execute.pythons import context
from tests.execute.test_wheel import VERSION, step

INFO = f"mxnet-{VERSION}.dist-info"
LIBRARY = "mxnet/libmxnet.so"
Members = dict[str, bytes]


def judged(path: Path, sha256: str) -> str:
    return wheelcheck.wrong(str(path), package="mxnet", info=INFO, library=LIBRARY, sha256=sha256)


@pytest.fixture(scope="module")
def packed(tmp_path_factory: pytest.TempPathFactory) -> tuple[bytes, str]:
    """A wheel as mxbuild packs it, and its library's SHA-256."""
    packs = step(tmp_path_factory.mktemp("packed"))
    done = wheel.run(packs, context())
    return Path(packs.wheel).read_bytes(), done.evidence["library_sha256"]


def record(members: Members) -> bytes:
    """RECORD of the members, right in itself."""
    rows = []
    for name, content in members.items():
        if not name.endswith("/RECORD"):
            digest = base64.urlsafe_b64encode(hashlib.sha256(content).digest()).rstrip(b"=").decode()
            rows.append(f'"{name}",sha256={digest},{len(content)}\n')
    return "".join(rows).encode() + f"{INFO}/RECORD,,\n".encode()


def again(packed: bytes, change: Callable[[Members], None], *, recorded: bool = True, **modes: int) -> bytes:
    """The wheel with other members, and a RECORD that fits."""
    with zipfile.ZipFile(io.BytesIO(packed)) as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    change(members)
    if recorded:
        members[f"{INFO}/RECORD"] = record(members)
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            entry = zipfile.ZipInfo(name)
            entry.external_attr = modes.get(name.rpartition("/")[2].partition(".")[0], stat.S_IFREG | 0o644) << 16
            entry.compress_type = zipfile.ZIP_DEFLATED
            archive.writestr(entry, content)
    return stream.getvalue()


def test_what_mxbuild_packs_is_taken(packed: tuple[bytes, str], tmp_path: Path) -> None:
    path = tmp_path / "a.whl"
    path.write_bytes(packed[0])
    assert judged(path, packed[1]) == ""
    path.write_bytes(again(packed[0], lambda members: None))
    assert judged(path, packed[1]) == "", "the test's own way of writing one"
    assert judged(path, "0" * 64) == f"{LIBRARY} is not the library that was verified"


@pytest.mark.parametrize(
    "name",
    [
        *("../evil.py", "mxnet/../../evil.py", "/etc/evil.py", "mxnet//evil.py", "mxnet/./evil.py", "C:/evil.py"),
        *("mxnet\\..\\evil.py", "evil.pth", "sitecustomize.py", "numpy/__init__.py", "other-1.dist-info/METADATA"),
        *(f"mxnet-{VERSION}.data/scripts/python", "mxnet/.git/config", "mxnet/.pth", "mxnet/", "MXNET/evil.py"),
        *("mxnet/a\nb.py", "mxnet/a\x1b[2J.py", "mxnet/\u202eyp.py", "mxnet/a\x00.py", "mxnet/LIBINFO.py"),
    ],
)
def test_other_members_are_refused(packed: tuple[bytes, str], tmp_path: Path, name: str) -> None:
    path = tmp_path / "a.whl"
    path.write_bytes(again(packed[0], lambda members: members.update({name: b"evil = 1\n"})))
    said = judged(path, packed[1])
    assert said
    assert said.isprintable()


def test_links_devices_and_set_user_bits_are_refused(packed: tuple[bytes, str], tmp_path: Path) -> None:
    path = tmp_path / "a.whl"
    for mode in (
        stat.S_IFLNK | 0o777,
        stat.S_IFCHR | 0o666,
        stat.S_IFIFO | 0o644,
        stat.S_IFREG | 0o4755,
        stat.S_IFREG | 0o2755,
    ):
        path.write_bytes(again(packed[0], lambda members: None, libinfo=mode))
        assert "is no plain file" in judged(path, packed[1])


def test_the_same_name_twice_is_refused(packed: tuple[bytes, str], tmp_path: Path) -> None:
    path = tmp_path / "a.whl"
    path.write_bytes(packed[0])
    with zipfile.ZipFile(path, "a") as archive, pytest.warns(UserWarning, match="Duplicate name"):
        archive.writestr("mxnet/libinfo.py", "evil = 1\n")
    assert "is in it twice" in judged(path, packed[1])


def test_what_unpacks_to_far_more_is_refused_unread(packed: tuple[bytes, str], tmp_path: Path) -> None:
    path = tmp_path / "a.whl"
    path.write_bytes(
        again(packed[0], lambda members: members.update({"mxnet/zeros.bin": bytes(60 << 20)}), recorded=False)
    )
    assert path.stat().st_size < 1 << 20
    assert "bytes unpacked" in judged(path, packed[1])


@pytest.mark.parametrize("wrong", ["content", "size", "method", "missing", "more", "none", "torn"])
def test_a_record_that_lies_is_refused(packed: tuple[bytes, str], tmp_path: Path, wrong: str) -> None:
    def change(members: Members) -> None:
        name = f"{INFO}/RECORD"
        text = record(members)
        first = text.splitlines()[0].decode()
        other = {
            "content": lambda: members.update({"mxnet/libinfo.py": b"evil = 1\n"}),
            "size": lambda: members.update({name: text.replace(first.encode(), f"{first}0".encode())}),
            "method": lambda: members.update({name: text.replace(b"sha256=", b"md5=")}),
            "missing": lambda: members.update({name: text.replace(first.encode() + b"\n", b"")}),
            "more": lambda: members.update({name: b"mxnet/none.py,sha256=AAAA,1\n" + text}),
            "none": lambda: members.pop(name),
            "torn": lambda: members.update({name: text[:30] + b'"'}),
        }
        members[name] = text
        other[wrong]()

    path = tmp_path / "a.whl"
    path.write_bytes(again(packed[0], change, recorded=False))
    assert judged(path, packed[1])


@settings(max_examples=150, deadline=None, derandomize=True)
@given(st.integers(0, 10**6), st.integers(0, 255), st.sampled_from(["flip", "cut", "insert"]))
def test_a_damaged_one_is_refused_in_words(at: int, byte: int, how: str) -> None:
    data = bytearray(SMALL)
    at %= len(data)
    if how == "flip":
        data[at] ^= byte or 1
    elif how == "cut":
        del data[at:]
    else:
        data[at:at] = bytes([byte])
    said = _of(bytes(data))
    assert isinstance(said, str)


def _of(data: bytes) -> str:
    with tempfile.NamedTemporaryFile(suffix=".whl") as file:
        file.write(data)
        file.flush()
        return wheelcheck.wrong(
            file.name, package="a", info="a-1.dist-info", library="a/l.so", sha256=hashlib.sha256(b"l").hexdigest()
        )


def _small() -> bytes:
    members: Members = {"a/__init__.py": b"a = 1\n", "a/l.so": b"l"}
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(zipfile.ZipInfo(name), content)
        archive.writestr(
            zipfile.ZipInfo("a-1.dist-info/RECORD"), record(members).replace(f"{INFO}/RECORD,,\n".encode(), b"")
        )
    return stream.getvalue()


SMALL = _small()


def test_the_small_one_is_right() -> None:
    assert _of(SMALL) == ""
