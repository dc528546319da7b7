"""git's own words, as versions 2.17 to 2.47 print them, and what is made of them."""

import pytest

from mxbuild.execute.gitfailure import GitFailedError

DUBIOUS = """fatal: detected dubious ownership in repository at '/srv/my mirror/a.git'
To add an exception for this directory, call:

\tgit config --global --add safe.directory '/srv/my mirror/a.git'
fatal: Could not read from remote repository.
"""


def failed(text: str, over_network: bool = True) -> GitFailedError:
    return GitFailedError(("fetch",), 128, text, over_network=over_network)


@pytest.mark.parametrize(
    "text",
    [
        "fatal: unable to access 'https://x/': Could not resolve host: x",
        "fatal: unable to access 'https://x/': Failed to connect to x port 443 after 1 ms: Couldn't connect to server",
        "fatal: unable to access 'https://x/': The requested URL returned error: 502",
        "fatal: unable to access 'https://x/': Operation too slow. Less than 1000 bytes/sec transferred the last 60 s",
        "error: RPC failed; curl 18 transfer closed with 12 bytes remaining to read\nfatal: early EOF",
        "error: RPC failed; curl 56 GnuTLS recv error (-54): Error in the pull function.",
        "error: RPC failed; curl 92 HTTP/2 stream 5 was not closed cleanly: CANCEL (err 8)",
        "fetch-pack: unexpected disconnect while reading sideband packet\nfatal: early EOF",
        "fatal: the remote end hung up unexpectedly\nfatal: fetch-pack: invalid index-pack output",
        "fatal: expected flush after ref listing",
    ],
)
def test_the_networks_faults_are_tried_again_but_only_over_a_network(text: str) -> None:
    assert failed(text).kind == "network"
    assert failed(text, over_network=False).kind == "unable"
    assert failed(f"remote: fatal: unable to read 12\n{text}").kind == "unable", "the server's own fault stays"


@pytest.mark.parametrize(
    ("text", "kind", "remedy"),
    [
        (DUBIOUS, "decided", "git config --global --add safe.directory '/srv/my mirror/a.git'"),
        ("fatal: remote error: upload-pack: not our ref " + "1" * 40, "decided", "history was rewritten"),
        ("fatal: write error: No space left on device\nfatal: index-pack failed", "decided", "free some space"),
        ("fatal: could not read Username for 'https://x': terminal prompts disabled", "decided", "~/.netrc"),
        ("fatal: unable to access 'https://x/': The requested URL returned error: 403", "decided", "~/.netrc"),
        (
            "fatal: unable to access 'https://x/': server certificate verification failed. CAfile: none CRLfile: none",
            "decided",
            "ca-certificates",
        ),
        ("fatal: unable to access 'https://x/': Received HTTP code 407 from proxy after CONNECT", "decided", "proxy"),
        ("fatal: transport 'ssh' not allowed", "decided", "get-regexp ^url"),
        ("fatal: repository 'https://x/a.git/' not found", "missing", "OWNER/NAME"),
        ("fatal: '/srv/a.git' does not appear to be a git repository", "missing", "OWNER/NAME"),
        ("error: Server does not allow request for unadvertised object 12", "unable", "--mirror"),
        ("fatal: dumb http transport does not support shallow capabilities", "unable", "--mirror"),
        ("error: object 12: hasDotgit: contains '.git'\nfatal: fsck error in packed object", "unable", "hostile"),
        ("error: invalid path '.git/x'", "unable", "hostile"),
    ],
)
def test_each_other_fault_has_its_remedy(text: str, kind: str, remedy: str) -> None:
    assert failed(text).kind == kind
    assert remedy in failed(text).remedy


def test_the_reason_is_the_line_that_says_why() -> None:
    assert failed("From /x\nremote: fatal: unable to read 12\nfatal: early EOF").reason == "fatal: unable to read 12"
    assert failed("error: object 12: hasDotgit: x\nfatal: fsck error").reason == "error: object 12: hasDotgit: x"
    assert failed("").reason == "`git fetch` ended with status 128"
