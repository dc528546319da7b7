import msgspec
import pytest

from mxbuild.errors import HostError, UsageError
from mxbuild.model import Build, Host, Request, Tool
from mxbuild.resolve import resolve
from mxbuild.resolve.asked import options
from mxbuild.resolve.remote_cache import fault, setting, shown
from tests.machines import bookworm, recipe


def with_ccache(version: str = "4.7.5") -> Host:
    host = bookworm()
    tool = Tool(name="ccache", path="/usr/bin/ccache", version=version, source="ccache --version")
    return msgspec.structs.replace(host, tools={**host.tools, "ccache": tool})


def build(address: str, host: Host | None = None, *, ccache: bool | None = None) -> Build:
    return resolve(recipe(), host or with_ccache(), Request(remote_cache=address, ccache=ccache))


@pytest.mark.parametrize(
    "address",
    [
        "redis://cache", "redis://cache.example.org:6380/3", "redis://***@cache/0", "redis://cache/",
        "http://cache:8080/objects/mxnet", "http://cache", "file:///srv/objects", "redis://user:p%40ss@cache",
        "redis://cache|read-only=true",
    ],
)  # fmt: skip
def test_what_ccache_can_read(address: str) -> None:
    assert fault(address) == ""


@pytest.mark.parametrize(
    ("address", "why"),
    [
        ("https://cache", "ccache speaks no https"),
        ("cache:6379", "no address like"),
        ("ftp://cache", "no address like"),
        ("redis:cache", "no address like"),
        ("redis://cache:73x99", "no address like"),
        ("redis://", "names no host"),
        ("redis://-oProxy", "names no host"),
        ("redis://cache/objects", "only a number"),
        ("file://srv/objects", "names no directory"),
        ("file:///", "names no directory"),
        ("redis://cache http://other", "signs in it"),
        ("redis://cache|shards=a,b", "signs in it"),
        ("http://cache/a?b", "signs in it"),
        ("redis://u:pa|ss@cache", "signs in it"),
        ("redis://cache\n", "names no host|signs in it|no address"),
    ],
)
def test_what_would_fail_every_compile_is_refused_before(address: str, why: str) -> None:
    assert any(part in fault(address) for part in why.split("|"))
    assert "pa|ss" not in fault(address)
    with pytest.raises(UsageError, match="--remote-cache"):
        build(address)


def test_no_password_is_shown_and_redis_own_form_of_one_is_ccaches() -> None:
    for address in ("redis://user:secret@cache/0", "redis://:secret@cache/0", "redis://secret@cache/0"):
        assert shown(address) == "redis://***@cache/0"
    assert setting("redis://:secret@cache:6379/0") == "redis://secret@cache:6379/0"
    assert setting("redis://user:secret@cache:6379") == "redis://user:secret@cache:6379"


def test_it_is_decided_with_a_reason_and_its_danger() -> None:
    built = build("redis://***@cache/0")
    assert built.remote_cache == "redis://***@cache/0"
    (decision,) = (d for d in built.decisions if d.subject == "remote cache")
    assert (decision.choice, decision.asked) == ("redis://***@cache/0", True)
    assert "whoever can write there" in decision.why
    assert "remote cache" not in [d.subject for d in resolve(recipe(), with_ccache(), Request()).decisions]


def test_a_ccache_that_is_too_old_is_named_with_the_first_that_is_not() -> None:
    for version in ("4.4", "4.5.1", "4.13.6"):
        assert build("redis://cache", with_ccache(version)).remote_cache
    for version in ("3.7.7", "4.2"):
        with pytest.raises(HostError, match="cannot be built") as caught:
            build("redis://cache", with_ccache(version))
        assert f"/usr/bin/ccache {version} knows no remote cache; ccache 4.4 is" in caught.value.details[0]


def test_without_a_ccache_it_is_installed_or_asked_for() -> None:
    built = build("redis://cache", bookworm())
    assert "ccache" in built.install
    with pytest.raises(HostError) as caught:
        resolve(recipe(), bookworm(), Request(remote_cache="redis://cache", apt=False))
    assert any("needs ccache" in line for line in caught.value.details)
    with pytest.raises(UsageError, match="contradict"):
        build("redis://cache", ccache=False)


def test_it_shapes_no_library() -> None:
    assert build("redis://cache").fingerprint == resolve(recipe(), with_ccache(), Request()).fingerprint


def test_a_command_line_of_the_request_has_no_password() -> None:
    assert options(Request(remote_cache="redis://cache")) == ["--remote-cache", "redis://cache"]
    assert options(Request(remote_cache="redis://***@cache")) == []
