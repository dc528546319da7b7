"""The shared cache with a real ccache and a real redis-server."""

import shutil
from collections.abc import Iterator, Mapping
from pathlib import Path

import msgspec
import pytest

from mxbuild.errors import BuildError
from mxbuild.execute import make, remotecache
from mxbuild.execute.context import Context
from mxbuild.model import Event, Make, Message, Outcome
from mxbuild.resolve.remote_cache import VARIABLE
from tests import project
from tests.project import SYMBOLS, TOTAL, write
from tests.servers import free_port, redis

CCACHE = shutil.which("ccache") or ""
PASSWORD = "a-secret-of-the-test"
pytestmark = pytest.mark.skipif(not CCACHE, reason="ccache is not installed")


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[int]:
    with redis(tmp_path_factory.mktemp("redis"), password=PASSWORD) as port:
        yield port


def user(directory: Path, address: str) -> Make:
    """A user with a tree and an empty ccache of their own."""
    (directory / "records").mkdir(parents=True)
    return msgspec.structs.replace(
        project.step(write(directory / "tree")),
        ccache=CCACHE,
        ccache_directory=str(directory / "ccache"),
        remote_cache=address,
    )


def built(one: Make, environ: Mapping[str, str]) -> tuple[Outcome, list[Event]]:
    events: list[Event] = []
    context = project.context(events)
    return make.run(one, Context(environ=environ, watch=events.append, paths=context.paths, outcomes={})), events


def warnings(events: list[Event]) -> list[str]:
    return [e.text for e in events if isinstance(e, Message) and e.level == "warning"]


def test_what_one_user_compiled_another_takes_out_of_redis(server: int, tmp_path: Path) -> None:
    address, environ = f"redis://***@127.0.0.1:{server}/1", {VARIABLE: f"redis://:{PASSWORD}@127.0.0.1:{server}/1"}
    first, second = user(tmp_path / "one", address), user(tmp_path / "another" / "and-longer", address)
    made, _ = built(first, environ)
    assert made.evidence["cache"] == {"local": 0, "remote": 0, "missed": TOTAL, "failed": 0}
    found, events = built(second, environ)
    assert found.evidence["cache"] == {"local": 0, "remote": TOTAL, "missed": 0, "failed": 0}
    assert f"{TOTAL} out of redis://***@127.0.0.1:{server}/1" in found.detail
    assert not warnings(events)
    assert project.symbols(Path(second.tree, second.library)) == SYMBOLS
    for path in Path(first.tree).rglob("*.o"):
        twin = second.tree / path.relative_to(first.tree)
        assert twin.read_bytes() == path.read_bytes()


def test_the_password_is_in_nothing_that_is_left(server: int, tmp_path: Path) -> None:
    one = user(tmp_path, f"redis://***@127.0.0.1:{server}/2")
    outcome, events = built(one, {VARIABLE: f"redis://:{PASSWORD}@127.0.0.1:{server}/2"})
    assert outcome.evidence["cache"]["failed"] == 0
    assert PASSWORD not in repr((outcome, events, one))
    for path in tmp_path.rglob("*"):
        if path.is_file():
            assert PASSWORD.encode() not in path.read_bytes(), path


@pytest.mark.parametrize("wrong", ["password", "port"])
def test_a_cache_that_cannot_be_used_is_said_and_left_out(server: int, tmp_path: Path, wrong: str) -> None:
    port, password = (server, "wrong") if wrong == "password" else (free_port(), PASSWORD)
    one = user(tmp_path, f"redis://***@127.0.0.1:{port}/0")
    outcome, events = built(one, {VARIABLE: f"redis://:{password}@127.0.0.1:{port}/0"})
    (text,) = warnings(events)
    assert f"without the remote cache redis://***@127.0.0.1:{port}/0" in text
    assert project.symbols(Path(one.tree, one.library)) == SYMBOLS
    assert outcome.detail == f"{TOTAL} objects"


def test_what_ccache_cannot_read_stops_before_anything_is_compiled(tmp_path: Path) -> None:
    one = user(tmp_path, "https://cache")  # refused by the plan; here to see what happens behind it
    with pytest.raises(BuildError, match="ccache does not take https://cache"):
        built(one, {})
    assert not Path(one.log).exists()


def test_another_address_in_the_environment_is_not_taken(tmp_path: Path) -> None:
    one = user(tmp_path, "redis://***@cache")
    for environ in ({}, {VARIABLE: "redis://:secret@another"}):
        with pytest.raises(BuildError, match="is not in MXBUILD_REMOTE_CACHE any more"):
            remotecache.settings(one, environ)


def test_a_directory_is_shared_as_well(tmp_path: Path) -> None:
    address = f"file://{tmp_path}/shared"
    built(user(tmp_path / "one", address), {})
    found, _ = built(user(tmp_path / "other", address), {})
    assert found.evidence["cache"]["remote"] == TOTAL


def test_counters_are_read_and_a_cut_off_cache_is_counted(tmp_path: Path) -> None:
    log = tmp_path / "statistics"
    log.write_text(
        "# a.cc\ndirect_cache_hit\nlocal_storage_hit\n# b.cc\ndirect_cache_hit\nremote_storage_hit\n"
        "# c.cc\ncache_miss\nremote_storage_timeout\n# d.cc\npreprocessed_cache_hit\nsecondary_storage_hit\n"
    )
    assert remotecache.counts(str(log)) == (1, 2, 1, 1)
    assert remotecache.counts(str(tmp_path / "none")) == (0, 0, 0, 0)
