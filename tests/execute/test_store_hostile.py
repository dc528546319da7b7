"""A store that lies: about lengths, places, names, hashes, or that says things for ever."""

import gzip
import os
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import msgspec
import pytest

from mxbuild.errors import SourceError
from mxbuild.execute import store, storefiles
from mxbuild.model import Build, FetchWheel, PackWheel, Stored
from mxbuild.plan import stored_at, wheel_identity
from tests.execute.pythons import context
from tests.execute.test_store import look, wanted
from tests.execute.test_wheel import step
from tests.ui import values

Answer = Callable[[BaseHTTPRequestHandler], None]


@contextmanager
def serving(answer: Answer) -> Iterator[str]:
    """A web server that answers everything so; its address."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            with suppress(BrokenPipeError, ConnectionResetError):
                answer(self)

        do_HEAD = do_GET  # noqa: N815 - http.server's name

        def log_message(self, *args: object) -> None: ...

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/mxnet"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def body(data: bytes, *, length: int | None = None, **headers: str) -> Answer:
    def answer(to: BaseHTTPRequestHandler) -> None:
        to.send_response(200)
        to.send_header("Content-Length", str(len(data) if length is None else length))
        for name, value in headers.items():
            to.send_header(name.replace("_", "-"), value)
        to.end_headers()
        to.wfile.write(data)
        to.close_connection = True

    return answer


def endless(to: BaseHTTPRequestHandler) -> None:
    to.send_response(200)
    to.end_headers()
    for _ in range(1000):  # a gigabyte
        to.wfile.write(b"[" * (1 << 20))
    to.close_connection = True


def leading(place: str) -> Answer:
    def answer(to: BaseHTTPRequestHandler) -> None:
        to.send_response(302)
        to.send_header("Location", place)
        to.send_header("Content-Length", "0")
        to.end_headers()

    return answer


def right(build: Build, **other: Any) -> Stored:
    """What a store should say of a build."""
    receipt = msgspec.structs.replace(
        values.RECEIPT, fingerprint=build.fingerprint, recipe=build.recipe.id, commit=build.recipe.source.commit,
        submodules={}, wheel_sha256="a" * 64, cpu_features=(), ok=True,
    )  # fmt: skip
    receipt = msgspec.structs.replace(receipt, **{k: v for k, v in other.items() if k in receipt.__struct_fields__})
    one = Stored(identity=wheel_identity(build), wheel="a.whl", sha256="a" * 64, size=10, receipt=receipt)
    return msgspec.structs.replace(one, **{k: v for k, v in other.items() if k in one.__struct_fields__})


@pytest.fixture(autouse=True)
def hasty(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(storefiles, "FIRST_PAUSE", 0.01)
    monkeypatch.setattr(storefiles, "SILENCE", 5.0)


def told(tmp_path: Path, **other: Any) -> object:
    """What is taken of a store, a directory, that says so."""
    build = wanted(str(tmp_path))
    place = Path(stored_at(build))
    place.mkdir(parents=True)
    (place / store.NAME).write_bytes(msgspec.json.encode(right(build, **other)))
    return look(str(tmp_path))


def test_what_is_right_is_taken(tmp_path: Path) -> None:
    assert isinstance(told(tmp_path), Stored)


@pytest.mark.parametrize(
    "lie",
    [
        *({"wheel": w} for w in ("../../x.whl", "/etc/x.whl", ".whl", "a\nb.whl", "-rx.whl", "a;touch X.whl")),
        *({"wheel": w} for w in ("$(touch X).whl", "a\x1b[2J.whl", "a", "")),
        *({"sha256": s} for s in ("$(touch X)", "a" * 63, "A" * 64, "a" * 64 + "\n")),
        {"size": -1}, {"size": 0}, {"size": 2**63}, {"finished": 1e300}, {"finished": -1.0}, {"ok": False},
        {"seconds": {"make": 1e300}},
        {"submodules": {"../x": "0" * 40}}, {"submodules": {"3rdparty/core": "0" * 40}}, {"commit": "0" * 40},
        {"recipe": "mini-2"}, {"fingerprint": "0" * 16}, {"identity": "../.."}, {"wheel_sha256": "b" * 64},
    ],
    ids=str,
)  # fmt: skip
def test_a_description_that_lies_is_refused(tmp_path: Path, lie: dict[str, Any]) -> None:
    other = {"wheel_sha256": lie["sha256"]} if "sha256" in lie else {}
    with pytest.raises(SourceError, match="refused"):
        told(tmp_path, **lie, **other)


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        (endless, "is larger than"),
        (body(gzip.compress(b"[" * (64 << 20)), Content_Encoding="gzip"), "packs what it sends"),
        (body(b"[" * 100_000), "cannot be read"),
        (body(b'{"receipt": ' + b'{"a":' * 50_000), "cannot be read"),
        (body(b"\xff\xfe"), "cannot be read"),
        (body(b"{}", length=100), "cannot be reached"),
        (body(b'{"format": 1}', length=5), "cannot be re"),
        (leading("file:///etc/passwd"), "cannot be reached"),
        (leading("http://example.invalid/"), "cannot be reached"),
        (leading("ftp://example.invalid/"), "cannot be reached"),
    ],
    ids=range(10),
)
def test_a_web_server_that_lies_is_refused(answer: Answer, said: str) -> None:
    with serving(answer) as address, pytest.raises(SourceError, match=said):
        look(address)


def test_where_a_server_leads_is_held_against_the_same_rules() -> None:
    class Answered:
        def __init__(self, url: str) -> None:
            self.url, self.headers = url, dict[str, str]()

    for address, led, fine in (
        ("https://a/x", "https://cdn.example.org/y", True),
        ("https://a/x", "http://cdn.example.org/y", False),
        ("https://a/x", "http://127.0.0.1/y", False),
        ("http://127.0.0.1:80/x", "http://localhost:81/y", True),
        ("http://127.0.0.1:80/x", "http://127.0.0.1.example.org/y", False),
    ):
        with nullcontext() if fine else pytest.raises(SourceError, match="leads to"):
            storefiles._check_answer(Answered(led), address)


def fetching(packs: PackWheel, address: str, size: int, sha256: str, library: str = "") -> FetchWheel:
    return FetchWheel(
        packs=packs,
        address=address,
        name="a.whl",
        sha256=sha256,
        size=size,
        library_sha256=library,
        origin="",
        submodules={},
    )


def test_an_endless_or_cut_wheel_is_refused_and_leaves_nothing(tmp_path: Path) -> None:
    packs = step(tmp_path)
    for answer, said in ((endless, "is not the wheel"), (body(b"x" * 9, length=10), "cannot be reached")):
        with serving(answer) as address, pytest.raises(SourceError, match=said):
            store.run(fetching(packs, address, 10, "0" * 64), context())
    assert not [f for _, _, files in os.walk(tmp_path / "wheels") for f in files]


def test_a_wheel_with_the_right_hash_and_more_in_it_is_refused(tmp_path: Path) -> None:
    """Whoever can write the store can name any hash."""
    import hashlib
    import zipfile

    packs, place = step(tmp_path), tmp_path / "store"
    place.mkdir()
    with zipfile.ZipFile(place / "a.whl", "w") as archive:
        archive.writestr("sitecustomize.py", "evil = 1\n")
    data = (place / "a.whl").read_bytes()
    with pytest.raises(SourceError, match=r"sitecustomize\.py', which mxbuild would not pack"):
        store.run(fetching(packs, str(place), len(data), hashlib.sha256(data).hexdigest()), context())
    assert not [f for _, _, files in os.walk(tmp_path / "wheels") for f in files]
