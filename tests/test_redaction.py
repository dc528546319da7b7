"""What others must not see is taken out; what a fault is found by stays."""

import pytest

from mxbuild.redaction import Redactor, redacted

ENVIRON = {
    "GITHUB_TOKEN": "plainlookingvalue",
    "DB_PASSWORD": "tr0ub4dor&3",
    "MY_API_KEY": "0123abcd9876",
    "https_proxy": "http://me:p%40ssw0rd@proxy.example.org:3128",
    "SSH_AUTH_SOCK": "/run/user/1000/ssh-agent",
    "TOKENS": "12",
    "PATH": "/usr/bin:/bin",
    "KEYBOARD": "german",
    "NO_COLOR": "1",
}
CLEAN = Redactor(ENVIRON, homes=("/home/alice", "/srv/people/alice"), user="alice", host="tower.example.org")


@pytest.mark.parametrize(
    ("text", "gone"),
    [
        ("make TOKEN_IS plainlookingvalue here", "plainlookingvalue"),
        ("password is tr0ub4dor&3.", "tr0ub4dor"),
        ("x0123abcd9876x", "0123abcd9876"),
        ("proxy http://me:p%40ssw0rd@proxy.example.org", "p%40ssw0rd"),
        ("decoded p@ssw0rd too", "p@ssw0rd"),
        ("git clone https://bob:hunter2@example.org/a.git", "hunter2"),
        ("https://x-access-token:ghs_abcdefghijklmnop@github.com/a/b", "ghs_abcdefghijklmnop"),
        ("https://example.org/a?X-Amz-Signature=deadbeef&b=1", "deadbeef"),
        ("https://example.org/a?b=1&access_token=deadbeef", "deadbeef"),
        ('http.https://github.com/.extraheader "AUTHORIZATION: basic eDphYmNkZWY="', "eDphYmNkZWY"),
        ("Authorization: Bearer abc.def.ghi", "abc.def.ghi"),
        ("> private-token: abcdefgh", "abcdefgh"),
        ("Set-Cookie: session=abc; Path=/", "session=abc"),
        ('{"password": "hunter2", "b": 1}', "hunter2"),
        ('{\\"secret\\": \\"hunter2\\"}', "hunter2"),
        ("export AWS_SECRET_ACCESS_KEY=hunter2 && x", "hunter2"),
        ("_password = hunter2", "hunter2"),
        ("curl --db-password=hunter2", "hunter2"),
        ("key AKIAIOSFODNN7EXAMPLE here", "AKIAIOSFODNN7EXAMPLE"),
        ("ghp_0123456789abcdefghijABCDEFGHIJ", "ghp_0123"),
        ("glpat-abcdefghij0123456789", "glpat-abc"),
        ("eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0In0.abc-def", "eyJhbGci"),
        ("token-eyJhbGci-OiJIUzI1NiJ9.eyJzdWIi-eyJxMjM0In0.abc-def", "eyJhbGci"),
        ("-----BEGIN RSA PRIVATE KEY-----\nMIIE\n-----END RSA PRIVATE KEY-----", "MIIE"),
        ("-----BEGIN OPENSSH PRIVATE KEY-----\nb3BlbnNz", "b3BlbnNz"),
        ("Alice Example <alice.example@example.org>", "example@example.org"),
        ("/home/alice/.cache and /srv/people/alice/x", "alice"),
        ("drwxr-xr-x alice alice", "alice"),
        ("tower kernel: x; tower.example.org", "tower"),
    ],
)
def test_a_secret_is_taken_out(text: str, gone: str) -> None:
    assert gone not in CLEAN(text)


@pytest.mark.parametrize(
    "text",
    [
        "g++ -std=c++11 -c -DMSHADOW_FORCE_STREAM -Wall -O3 -Iinclude -c src/io/image_io.cc -o build/src/io/image_io.o",
        "src/io/image_io.cc:41:12: fatal error: opencv2/opencv.hpp: No such file or directory",
        '/usr/include/x.h:64:24: error: token ""__CUDACC_VER__ is no longer supported.',
        "undefined reference to `TIFFOpen@LIBTIFF_4.0'",
        "libstdc++.so.6: version `GLIBCXX_3.4.20' not found",
        "git@github.com:apache/mxnet.git",
        "https://github.com/apache/mxnet.git",
        '{"id":"make","digest":"0123456789abcdef0123456789abcdef","sha256":"aaaa"}',
        "e0c7906693f0c79b0ce34a4d777c26a6bf1903c1",
        "numpy==1.23.5 --hash=sha256:0123456789abcdef",
        "on the 12 of the month; a german keyboard",
        "/run/user/1000/ssh-agent",
        "malice is no alices",
        "make: *** [Makefile:372: build/src/io/image_io.o] Error 1",
    ],
)
def test_what_a_fault_is_found_by_stays(text: str) -> None:
    assert CLEAN(text) == text


def test_names_that_tell_nobody_apart_stay() -> None:
    plain = Redactor({}, homes=("/root", ""), user="root", host="build")
    assert plain("root built it in /root on build") == "root built it in /root on build"


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("https://bob:hunter2@a.org/x", "https://***@a.org/x"),
        ("https://a.org/x?b=1&X-Amz-Signature=2f", "https://a.org/x?b=1&X-Amz-Signature=***"),
        ('<a href="https://a.org/?b=1&amp;token=2f">', '<a href="https://a.org/?b=1&amp;token=***">'),
        ("https://github.com/a/b/issues?q=is%3Aopen", "https://github.com/a/b/issues?q=is%3Aopen"),
    ],
)
def test_an_address_is_shown_without_what_is_secret_in_it(text: str, shown: str) -> None:
    assert redacted(text) == shown


def test_nothing_is_hidden_twice() -> None:
    once = CLEAN("https://bob:hunter2@example.org/?token=x password=y")
    assert CLEAN(once) == once
