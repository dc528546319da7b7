"""Which URLs git may be given: https, a mirror's directory, nothing that could be an option or a helper."""

import os
import re
from urllib.parse import urlsplit

from mxbuild.errors import SourceError

LOOPBACK = ("127.0.0.1", "localhost", "::1")
CONTROL = re.compile(r"[\x00-\x20\x7f\\]")


def protocol(url: str) -> str:
    """The protocol that git needs for `url`: https, http (loopback only) or file.

    Raises:
        SourceError: it is none of these, or has parts that git takes for more than an address: an option
            (`--upload-pack=...` runs a command), a remote helper (`ext::...`), a user with a password.
    """
    if url.startswith("-") or "::" in url or CONTROL.search(url):
        raise SourceError(f"refused: {url!r} is no plain URL", remedy="give https://HOST/..., or a directory")
    if url.startswith("/"):
        return "file"
    try:
        parts = urlsplit(url)
        host, user = parts.hostname, parts.username
    except ValueError:
        raise SourceError(f"refused: {url!r} is no URL") from None
    if url.startswith("file:///"):
        return "file"
    if user is not None or "@" in parts.netloc:
        raise SourceError(
            f"refused: a URL with a user in it ({parts.scheme}://...@{host})",
            remedy="use git's credential helper or netrc",
        )
    if url.startswith("https://") and host:
        return "https"
    if url.startswith("http://") and host in LOOPBACK:
        return "http"
    raise SourceError(
        f"refused: {url}: only https is fetched from (http from this machine itself, and directories)",
        remedy="give https://HOST/..., or a directory",
    )


def located(url: str) -> str:
    """The URL with a directory's `.git` ending as it is on the disk: a mirror may hold NAME.git or NAME."""
    bare = url.removesuffix(".git")
    if url.startswith("/") and not os.path.isdir(url) and os.path.isdir(bare):
        return bare
    return url
