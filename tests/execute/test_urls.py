from pathlib import Path

import pytest

from mxbuild.errors import SourceError
from mxbuild.execute.urls import candidates, check_path, protocol
from mxbuild.model import Repository

COMMIT = "0" * 40


@pytest.mark.parametrize(
    ("url", "wanted"),
    [
        ("https://github.com/apache/mxnet.git", "https"),
        ("https://git.example.org:8443/a/b", "https"),
        ("http://127.0.0.1:8000/a/b.git", "http"),
        ("http://localhost/a/b.git", "http"),
        ("/srv/git mirror/a/b.git", "file"),
        ("file:///srv/a/b.git", "file"),
    ],
)
def test_https_loopback_and_directories_are_fetched_from(url: str, wanted: str) -> None:
    assert protocol(url) == wanted


@pytest.mark.parametrize(
    "url",
    [
        "--upload-pack=touch /tmp/x",
        "-u./x",
        "-",
        "",
        "ext::sh -c 'touch /tmp/x'",
        "EXT::sh -c 'touch /tmp/x'",
        "fd::17/foo",
        "https::https://example.org/a/b",
        "transport::address",
        "/srv/a::b",
        "git://example.org/a/b.git",
        "ssh://git@example.org/a/b.git",
        "ssh://-oProxyCommand=touch/a/b",
        "git@example.org:a/b.git",
        "example.org:a/b.git",
        "HTTPS://example.org/a/b",
        "Https://example.org/a/b",
        "http://example.org/a/b",
        "http://127.0.0.1.example.org/a/b",
        "http://localhost@example.org/a/b",
        "ftp://example.org/a/b",
        "file://server/share/a",
        "FILE:///srv/a",
        "../mirror/a/b",
        "mirror/a/b",
        ".",
        "~/mirror/a/b.git",
        "https://user@example.org/a/b",
        "https://user:secret@example.org/a/b",
        "https://example.org/a\n/b",
        "https://example.org/a%0ahost=evil/b",
        "https://example.org/a%00b",
        "https://example.org/a b",
        "https://example.org\\@evil/a/b",
        "https://example.org/a?b=c",
        "https://example.org/a#b",
        "https://-example.org/a/b",
        "https:///a/b",
        "https://example.org",
        "https://example.org:x/a",
        "https://[::1]/a/b",
        "https://ex%61mple.org/a",
        "/srv/a\x00b",
        "/srv/a\rb",
    ],
)
def test_everything_else_is_refused(url: str) -> None:
    with pytest.raises(SourceError, match="refused"):
        protocol(url)


def test_a_refused_password_is_not_repeated() -> None:
    with pytest.raises(SourceError) as caught:
        protocol("https://user:secret@example.org/a/b")
    assert "secret" not in caught.value.message


@pytest.mark.parametrize("path", ["core", "3rdparty/tvm", "plugin/nnvm-fusion", "a.b/c+d", "_x"])
def test_plain_paths_are_allowed(path: str) -> None:
    check_path(path)


@pytest.mark.parametrize(
    "path",
    ["", ".", "..", "../x", "a/../b", "a/..", "/etc", "-x", "a/-x", ".git", "a/.git", ".git/hooks", "a//b", "a/",
     "a\\b", "a b", "a\n", "a\rb", "a*", "!a", "ä"],
)  # fmt: skip
def test_paths_that_lead_out_or_are_options_are_refused(path: str) -> None:
    with pytest.raises(SourceError, match="refused"):
        check_path(path)


def mirrored(url: str) -> Repository:
    return Repository(path="x", url=url, origin="https://git.invalid/owner/name.git", commit=COMMIT)


def test_a_mirrors_directory_can_hold_either_name(tmp_path: Path) -> None:
    url = f"{tmp_path}/owner/name.git"
    (tmp_path / "owner" / "name").mkdir(parents=True)
    assert candidates(mirrored(url)) == (f"{tmp_path}/owner/name",)
    (tmp_path / "owner" / "name.git").mkdir()
    assert candidates(mirrored(url)) == (url, f"{tmp_path}/owner/name")
    assert candidates(mirrored(f"file://{url}"))[0] == f"file://{url}"


def test_a_mirror_that_has_neither_says_where_it_was_looked_for(tmp_path: Path) -> None:
    with pytest.raises(SourceError) as caught:
        candidates(mirrored(f"{tmp_path}/owner/name.git"))
    assert f"{tmp_path}/owner/name.git and {tmp_path}/owner/name " in caught.value.message
    assert "https://git.invalid/owner/name.git" in caught.value.message


def test_a_servers_names_are_both_tried_and_upstreams_only_as_the_recipe_has_it() -> None:
    both = candidates(mirrored("https://mirror.example.org/owner/name.git"))
    assert both == ("https://mirror.example.org/owner/name.git", "https://mirror.example.org/owner/name")
    origin = "https://git.invalid/owner/name.git"
    assert candidates(mirrored(origin)) == (origin,)
