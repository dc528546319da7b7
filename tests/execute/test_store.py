"""A store that cannot be asked is an error; one that has no wheel of a build has none. Never one for the other."""

import hashlib
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import ClassVar

import msgspec
import pytest
from fsspec.implementations.memory import MemoryFileSystem

from mxbuild.errors import SourceError
from mxbuild.execute import store, storefiles
from mxbuild.model import Build, Make, Request
from mxbuild.plan import paths, plan
from mxbuild.resolve import resolve
from tests.machines import bookworm, recipe
from tests.servers import free_port
from tests.ui import values


@contextmanager
def answering(*codes: int) -> Iterator[tuple[str, list[str]]]:
    """A web server that answers so, the last one ever again; its address, and what it was asked for."""
    asked: list[str] = []

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            code = codes[min(len(asked), len(codes) - 1)]
            asked.append(self.path)
            self.send_response(code)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *args: object) -> None: ...

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/mxnet", asked
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def wanted(address: str) -> Build:
    return resolve(recipe("mini"), bookworm(), Request(recipe="mini", store=address))


def look(address: str) -> object:
    return store.look(wanted(address), bookworm().cpu)


@pytest.fixture(autouse=True)
def hasty(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(storefiles, "FIRST_PAUSE", 0.01)


@pytest.mark.parametrize("code", [404, 410])
def test_what_is_not_there_is_not_there(code: int) -> None:
    with answering(code) as (address, asked):
        assert look(address) is None
    assert len(asked) == 1


@pytest.mark.parametrize(
    ("codes", "tries", "said"),
    [
        ((503,), 3, "cannot be reached: 503 Service Unavailable"),
        ((500,), 3, "cannot be reached: 500 Internal Server Error"),
        ((429,), 3, "cannot be reached: 429 Too Many Requests"),
        ((403,), 1, "no right: 403 Forbidden"),
        ((401,), 1, "no right: 401 Unauthorized"),
        ((400,), 1, "cannot be reached: 400 Bad Request"),
    ],
)
def test_a_server_that_does_not_give_it_is_an_error(codes: tuple[int, ...], tries: int, said: str) -> None:
    with answering(*codes) as (address, asked), pytest.raises(SourceError) as caught:
        look(address)
    assert len(asked) == tries
    assert said in caught.value.message
    assert address in caught.value.message
    assert caught.value.without == "--store"


def test_a_server_that_stumbles_is_asked_again() -> None:
    with answering(503, 502, 404) as (address, asked):
        assert look(address) is None
    assert len(asked) == 3


def test_a_proxy_of_the_environment_is_asked_in_its_place(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("no_proxy", "NO_PROXY", "HTTP_PROXY"):
        monkeypatch.delenv(name, raising=False)
    address = f"http://127.0.0.1:{free_port()}/mxnet"
    with answering(404) as (proxy, asked):
        monkeypatch.setenv("http_proxy", proxy.removesuffix("/mxnet"))
        assert look(address) is None
        assert asked[0].startswith(f"{address}/")
        monkeypatch.setenv("no_proxy", "127.0.0.1")
        with pytest.raises(SourceError, match="cannot be reached"):
            look(address)


@pytest.mark.parametrize("address", ["http://127.0.0.1:{port}/x", "https://nowhere.invalid/x"])
def test_nobody_there_is_an_error(address: str) -> None:
    with pytest.raises(SourceError, match="cannot be reached"):
        look(address.format(port=free_port()))


def test_a_server_that_says_nothing_is_not_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    import socket

    monkeypatch.setattr(storefiles, "SILENCE", 0.1)
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        silent.listen()
        with pytest.raises(SourceError, match="cannot be reached"):
            look(f"http://127.0.0.1:{silent.getsockname()[1]}/x")


def test_an_empty_directory_has_nothing_and_none_is_an_error(tmp_path: Path) -> None:
    assert look(str(tmp_path)) is None
    (tmp_path / "file").touch()
    for wrong in ("mounted-later", "file"):
        with pytest.raises(SourceError, match="there is no such directory") as caught:
            look(str(tmp_path / wrong))
        assert "mounted" in str(caught.value.remedy)


@pytest.mark.parametrize(
    ("answer", "there"),
    [("NoSuchKey", False), ("NoSuchBucket", True)],
)
def test_of_s3_a_bucket_that_is_missing_is_no_missing_wheel(answer: str, there: bool) -> None:
    cause = Exception()
    vars(cause)["response"] = {"Error": {"Code": answer}}  # as botocore has it
    error = FileNotFoundError("The specified ... does not exist")  # s3fs makes it of either
    error.__cause__ = cause
    assert storefiles.missing(error) is not there


def test_the_plan_says_that_the_store_has_it_not(tmp_path: Path) -> None:
    build = wanted(str(tmp_path))
    (why,) = (p.why for p in plan(build, paths(build, "/p", "/c", "/s"), {}).steps if isinstance(p.step, Make))
    assert why == f"not done yet; {tmp_path} has no wheel of it"


class Bucket(MemoryFileSystem):  # type: ignore[misc]
    """In S3's place: an object is whole or not there, and to make a directory is to make a bucket."""

    protocol = "s3"
    store: ClassVar[dict[str, object]] = {}

    def makedirs(self, path: str, exist_ok: bool = False) -> None:
        raise AssertionError("a bucket is made")

    mv = rename = None


def test_a_push_to_s3_makes_no_bucket_and_needs_only_to_write(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("fsspec.core.url_to_fs", lambda address: (Bucket(), address.removeprefix("s3://")))
    (tmp_path / "identity").mkdir()
    wheel = tmp_path / "identity" / "toy.whl"
    wheel.write_bytes(b"a wheel")
    digest = hashlib.sha256(b"a wheel").hexdigest()
    receipt = msgspec.structs.replace(values.RECEIPT, wheel=str(wheel), wheel_sha256=digest)
    assert store.push("s3://bucket/mxnet", receipt)
    assert not store.push("s3://bucket/mxnet", receipt), "it is there already"
    names = {name.rpartition("/")[2] for name in Bucket.store}
    assert names == {"toy.whl", "stored.json"}
