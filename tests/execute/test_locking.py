"""`mxbuild recipes lock` against an index of our own, over HTTP: what is chosen, for which Python, what is refused."""

import hashlib
import io
import json
import threading
import zipfile
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from mxbuild.cli import main
from mxbuild.errors import SourceError, UsageError
from mxbuild.execute.locking import lock, tags
from mxbuild.execute.wheelindex import Index
from mxbuild.recipe import lockfile


class Shop:
    """An index's answers, made of wheels that hold nothing but their metadata."""

    def __init__(self) -> None:
        self.answers: dict[str, bytes] = {}
        self.projects: dict[str, list[dict[str, object]]] = {}
        self.asked: list[str] = []

    def add(self, wheel: str, *requires: str, python: str = "", apart: bool = True, **more: object) -> str:
        """Put a wheel in; returns its SHA-256.

        Args:
            apart: its metadata can be had by itself.
        """
        name, version = wheel.split("-")[:2]
        lines = [
            "Metadata-Version: 2.1",
            f"Name: {name}",
            f"Version: {version}",
            *(f"Requires-Dist: {r}" for r in requires),
        ]
        text = "".join(f"{line}\n" for line in lines).encode()
        held = io.BytesIO()
        with zipfile.ZipFile(held, "w") as archive:
            archive.writestr(f"{name}-{version}.dist-info/METADATA", text)
        data = held.getvalue()
        digest = hashlib.sha256(data).hexdigest()
        self.answers[f"/files/{wheel}"] = data
        row: dict[str, object] = {"filename": wheel, "url": f"../../files/{wheel}", "hashes": {"sha256": digest}}
        row |= {"requires-python": python or None, "upload-time": "2025-01-01T00:00:00Z"} | more
        if apart:
            self.answers[f"/files/{wheel}.metadata"] = text
            row["core-metadata"] = {"sha256": hashlib.sha256(text).hexdigest()}
        self.projects.setdefault(name.replace("_", "-"), []).append(row)
        return digest

    def answer(self, path: str) -> bytes | None:
        self.asked.append(path)
        project = path.removeprefix("/simple/").strip("/")
        if path.startswith("/simple/") and project in self.projects:
            return json.dumps({"meta": {"api-version": "1.1"}, "files": self.projects[project]}).encode()
        return self.answers.get(path)


@pytest.fixture
def shop() -> Iterator[tuple[Shop, Index]]:
    made = Shop()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            body = made.answer(self.path)
            self.send_response(200 if body is not None else 404)
            self.end_headers()
            self.wfile.write(body or b"")

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
    yield made, Index(f"http://127.0.0.1:{server.server_port}/simple")
    server.shutdown()
    server.server_close()


def test_what_the_pins_need_is_locked_to_the_last_one(shop: tuple[Shop, Index]) -> None:
    made, index = shop
    made.add("top-1.0-py3-none-any.whl", "mid<3", 'old; python_version < "3.8"', 'extra-one; extra == "x"')
    made.add("mid-3.0-py3-none-any.whl")
    made.add("mid-2.0-py3-none-any.whl", "low>=1", apart=False)
    made.add("mid-2.5-py3-none-any.whl", "low>=1", python=">=3.9")
    made.add("mid-2.6-py3-none-any.whl", "low>=1", yanked="it is broken")
    low = {
        f"low-1.5-cp311-cp311-{tag}.whl"
        for tag in ("manylinux_2_17_x86_64.manylinux2014_x86_64", "manylinux_2_28_aarch64")
    }
    digests = {name: made.add(name) for name in low}
    for strange in ("win_amd64", "macosx_11_0_arm64", "musllinux_1_1_x86_64", "manylinux_2_17_ppc64le"):
        made.add(f"low-1.5-cp311-cp311-{strange}.whl")
    made.add("low-1.5-cp37-cp37m-manylinux1_x86_64.whl")
    made.add("old-0.1-py2.py3-none-any.whl")
    said: list[str] = []
    made_lock = lock([("3.11", ("top==1.0",), False), ("3.7", ("top==1.0",), False)], index, say=said.append)
    assert [(one.python, one.also) for one in made_lock.sets] == [
        ("3.11", ("low==1.5", "mid==2.5")),
        ("3.7", ("low==1.5", "mid==2.0", "old==0.1")),
    ]
    assert set(made_lock.wheels["low==1.5"]) == low | {"low-1.5-cp37-cp37m-manylinux1_x86_64.whl"}
    assert digests.items() <= made_lock.wheels["low==1.5"].items()
    assert "Python 3.7: low==1.5 has no wheel for aarch64" in said
    assert len([path for path in made.asked if path == "/simple/low/"]) == 1


def test_extras_that_somebody_asks_for_are_locked_and_what_is_there_already_is_not(shop: tuple[Shop, Index]) -> None:
    made, index = shop
    made.add("top-1.0-py3-none-any.whl", "mid[fast]>=2", "numpy>=1.20", 'never; extra == "fast"')
    made.add("mid-2.0-py3-none-any.whl", 'quick; extra == "fast"', 'slow; extra == "slow"')
    made.add("quick-1-py3-none-any.whl")
    there = ["numpy==1.23.5", "numpy==2.2.6"]
    found = lock([("3.11", ("top==1.0",), False)], index, provided=lambda python: there)
    assert found.sets[0].also == ("mid==2.0", "quick==1")
    assert "/simple/numpy/" not in made.asked
    there.append("numpy==1.19.5")
    with pytest.raises(SourceError, match=r"top 1\.0 asks for numpy>=1.20, and 1.19.5 is there"):
        lock([("3.11", ("top==1.0",), False)], index, provided=lambda python: there)


def test_what_is_final_comes_before_what_is_not_and_a_range_that_is_none_takes_nobody(shop: tuple[Shop, Index]) -> None:
    made, index = shop
    made.add("a-1-py3-none-any.whl", "b", "c")
    made.add("b-1.0-py3-none-any.whl")
    made.add("b-2.0rc1-py3-none-any.whl")
    made.add("b-1.5-py3-none-any.whl", python="!=3.0*")
    made.add("c-1.0rc1-py3-none-any.whl")
    assert lock([("3.11", ("a==1",), False)], index).sets[0].also == ("b==1.0", "c==1.0rc1")


def test_a_choice_that_others_do_not_take_is_made_again(shop: tuple[Shop, Index]) -> None:
    made, index = shop
    made.add("a-1-py3-none-any.whl", "b", "c")
    made.add("b-1-py3-none-any.whl")
    made.add("b-2-py3-none-any.whl")
    made.add("c-1-py3-none-any.whl", "b<2")
    assert lock([("3.11", ("a==1",), False)], index).sets[0].also == ("b==1", "c==1")


def test_nothing_newer_than_a_day_is_taken(shop: tuple[Shop, Index]) -> None:
    made, index = shop
    made.add("a-1-py3-none-any.whl", "b")
    made.add("b-1-py3-none-any.whl", **{"upload-time": "2024-12-31T23:59:59Z"})
    made.add("b-2-py3-none-any.whl")
    made.add("b-3-py3-none-any.whl", **{"upload-time": ""})
    assert lock([("3.11", ("a==1",), False)], index, before="2025-01-01").sets[0].also == ("b==1",)


def test_pins_that_are_complete_bring_nothing_else(shop: tuple[Shop, Index]) -> None:
    made, index = shop
    made.add("a-1-py3-none-any.whl", "b")
    assert lock([("3.11", ("a==1",), True)], index).sets[0].also == ()


def test_what_does_not_go_together_is_an_error(shop: tuple[Shop, Index]) -> None:
    made, index = shop
    made.add("a-1-py3-none-any.whl", "b>=2")
    made.add("b-1-py3-none-any.whl")
    with pytest.raises(SourceError, match=r"b>=2 is asked for, not 1"):
        lock([("3.11", ("a==1", "b==1"), False)], index)
    with pytest.raises(SourceError, match=r"has no wheel of b>=2 for Python 3\.11"):
        lock([("3.11", ("a==1",), False)], index)
    with pytest.raises(SourceError, match=r"has no wheel of a==9 for Python 3\.11"):
        lock([("3.11", ("a==9",), True)], index)
    with pytest.raises(SourceError, match="404"):
        lock([("3.11", ("gone==9",), True)], index)


@pytest.mark.parametrize("apart", [True, False])
def test_metadata_that_is_not_what_the_index_says_is_refused(shop: tuple[Shop, Index], apart: bool) -> None:
    made, index = shop
    made.add("a-1-py3-none-any.whl", apart=apart)
    made.answers["/files/a-1-py3-none-any.whl" + ".metadata" * apart] += b"\nRequires-Dist: evil\n"
    with pytest.raises(SourceError, match="its hash is another"):
        lock([("3.11", ("a==1",), False)], index)


def test_a_list_without_hashes_or_that_is_none_is_refused(shop: tuple[Shop, Index]) -> None:
    made, index = shop
    made.add("a-1-py3-none-any.whl", hashes={"md5": "0"})
    with pytest.raises(SourceError, match="names no SHA-256"):
        lock([("3.11", ("a==1",), True)], index)
    made.answers["/simple/html/"] = b"<html>"
    with pytest.raises(SourceError, match="PEP 691"):
        lock([("3.11", ("html==1",), True)], index)


@pytest.mark.parametrize("address", ["http://index.example/simple", "file:///etc", "ftp://x", "https:/x", "--index"])
def test_only_the_web_is_asked(address: str) -> None:
    with pytest.raises(UsageError, match="refused"):
        Index(address)


def test_the_tags_are_those_of_pip() -> None:
    """Of this interpreter: all that packaging itself gives for it, on both machines."""
    assert {"cp36-cp36m-manylinux1_x86_64", "cp36-abi3-manylinux2014_aarch64", "py3-none-any"} <= set(
        map(str, tags("3.6"))
    )
    assert "cp311-cp311-manylinux_2_28_x86_64" in map(str, tags("3.11"))
    assert not any("musllinux" in str(tag) or "cp311m" in str(tag) for tag in tags("3.11"))


def test_the_command_writes_beside_the_recipe(
    shop: tuple[Shop, Index], tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    made, index = shop
    for pin in ("numpy-2.2.6", "graphviz-0.20.3", "pytest-7.4.4", "iniconfig-2.0.0", "packaging-24.1", "pluggy-1.5.0"):
        made.add(f"{pin}-py3-none-any.whl")
    (tmp_path / "mine.toml").write_text('extends = "mini"\nsummary = "mine"\n')
    words = ["recipes", "lock", str(tmp_path / "mine.toml"), "--index", index.address]
    assert main([*words, "--python", "3.13"]) == 0
    found = lockfile.read(tmp_path / "mini.lock")
    assert found is not None
    assert [one.python for one in found.sets] == ["3.13", "3.13"]
    assert main([*words, "--python", "3.5"]) == 2
    assert ">=3.6,<3.14" in capfd.readouterr().err
