"""What a failure of git means: whether to try again, to try another way, or to give up, and what to do about it."""

import re
import shlex
from collections.abc import Sequence
from typing import Literal

Kind = Literal["network", "missing", "decided", "unable"]
"""network: a new try may help. missing: no repository there. decided: nothing will help. unable: another way may."""

MISSING = re.compile(
    r"repository '.*' not found|returned error: (404|410)|does not appear to be a git repository|no such repository"
    r"|repository '.*' does not exist",
    re.IGNORECASE,
)
DECIDED: tuple[tuple[re.Pattern[str], str], ...] = (
    (
        re.compile(r"dubious ownership in repository at '?(?P<where>[^'\n]+)|unsafe repository \('?(?P<at>[^'\n)]+)"),
        "the repository belongs to another user; if you trust it: git config --global --add safe.directory {where}",
    ),
    (
        re.compile(r"not our ref|no such commit|want [0-9a-f]{40} not valid", re.IGNORECASE),
        "upstream's history was rewritten, or the mirror is older than the recipe: update it, or try another --mirror",
    ),
    (
        re.compile(r"No space left on device|Disk quota exceeded", re.IGNORECASE),
        "free some space where the cache lies, then run the same command again: what was fetched is kept",
    ),
    (
        re.compile(r"code 407 from proxy|Proxy Authentication Required", re.IGNORECASE),
        "the proxy wants a name and a password: put them into https_proxy or git's http.proxy",
    ),
    (
        re.compile(
            r"Authentication failed|could not read (Username|Password)|terminal prompts disabled"
            r"|returned error: 40[13]|Access denied",
            re.IGNORECASE,
        ),
        "there is no such public repository, or it wants a password: put it into ~/.netrc, or try another --mirror",
    ),
    (
        re.compile(r"certificate|CAfile", re.IGNORECASE),
        "install the package ca-certificates, or name your own authority: git config --global http.sslCAInfo FILE",
    ),
    (
        re.compile(r"transport '.*' not allowed|disabled in libcurl", re.IGNORECASE),
        "the server, or your git configuration (`git config --get-regexp ^url`), leads to a protocol refused here",
    ),
    (re.compile(r"Permission denied|Read-only file system"), "look at the rights of the directory it names"),
)
HOSTILE = re.compile(r"fsck error|invalid path '", re.IGNORECASE)
"""Not decided: some versions of git tolerate the faults of old commits in fetches without a filter only."""
NETWORK = re.compile(
    r"Could(n't| not) resolve|(Failed to|Couldn't|Could not) connect|Connection (was )?(reset|timed out|refused)"
    r"|Network is unreachable|No route to host|timed out|timeout was reached|too slow|early EOF|hung up unexpectedly"
    r"|unexpected disconnect|expected flush after|RPC failed|transfer closed|Empty reply|Recv failure|Send failure"
    r"|GnuTLS|gnutls|SSL_|SSL routines|TLS connection|HTTP/2|returned error: (408|425|429|5\d\d)|index-pack failed"
    r"|invalid index-pack|unable to access|bad line length|curl \d+",
    re.IGNORECASE,
)
REMOTE = re.compile(r"^(remote: fatal|remote error|fatal: remote error|remote: error)", re.MULTILINE | re.IGNORECASE)
"""The server itself says that it cannot: no fault of the way between."""


class GitFailedError(Exception):
    """A git command that failed; `text` is all that it said, without its progress."""

    def __init__(self, command: Sequence[str], code: int, text: str, *, over_network: bool) -> None:
        super().__init__(text)
        self.command, self.code, self.text, self.over_network = tuple(command), code, text, over_network

    @property
    def kind(self) -> Kind:
        if any(pattern.search(self.text) for pattern, _ in DECIDED):
            return "decided"
        if MISSING.search(self.text):
            return "missing"
        if HOSTILE.search(self.text):
            return "unable"
        if self.over_network and NETWORK.search(self.text) and not REMOTE.search(self.text):
            return "network"
        return "unable"

    @property
    def reason(self) -> str:
        """The line that says why."""
        lines = [line.strip() for line in self.text.splitlines() if line.strip()]
        for start in ("error: object", "remote: fatal:", "remote: error:", "fatal: remote error:", "fatal:", "error:"):
            for line in lines:
                if line.startswith(start):
                    return line.removeprefix("remote: ")
        return lines[-1] if lines else f"`git {self.command[0]}` ended with status {self.code}"

    @property
    def remedy(self) -> str:
        for pattern, text in DECIDED:
            if match := pattern.search(self.text):
                where = next((g for g in match.groupdict().values() if g), "")
                return text.format(where=shlex.quote(where))
        if HOSTILE.search(self.text):
            return "the repository holds a damaged or hostile object: do not build it; try another --mirror"
        if self.kind == "missing":
            return "look at the URL and at --mirror: a mirror has to hold OWNER/NAME.git or OWNER/NAME"
        if self.kind == "network":
            return "look at the network and run the same command again: what was fetched is kept"
        return "run the same command again, or try another --mirror"
