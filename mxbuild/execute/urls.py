"""Which addresses git may be given, and where a mirror can hold a repository.

Allowed are https, http from this machine itself (a mirror that serves on loopback), and directories (absolute paths,
file:///). Plain http from elsewhere is refused although the pins would notice a forgery: it also tells everyone on the
way what is built here. Nothing that git could take for an option, a remote helper or a password gets through.
"""

import os
import re
from typing import Literal
from urllib.parse import unquote, urlsplit

from mxbuild.errors import SourceError
from mxbuild.model import Repository

Protocol = Literal["https", "http", "file"]

LOOPBACK = ("127.0.0.1", "localhost")
CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f]")
ESCAPED_CONTROL = re.compile(r"%(?:[01][0-9a-f]|7f)", re.IGNORECASE)
HOST = re.compile(r"[a-z0-9](?:[a-z0-9.-]*[a-z0-9])?")
PATH = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.+-]*(?:/[A-Za-z0-9_][A-Za-z0-9_.+-]*)*")
"""A path in the tree, as recipes may name it: no part is empty, `..`, `.git`, or begins with a dash."""
REMEDY = "use https://HOST/OWNER/NAME.git, or the absolute path of a directory"


def protocol(url: str) -> Protocol:
    """The one protocol that git needs for `url`.

    Raises:
        SourceError: it is none of the allowed ones, or has parts that git takes for more than an address: an option
            (`--upload-pack=...` runs a command), a remote helper (`ext::...`), a user with a password, a line break.
    """
    if url.startswith("-"):
        raise _refused(url, "it begins with a dash, which git takes for an option")
    if "::" in url:
        raise _refused(url, "`::` names a remote helper")
    if CONTROL.search(url) or ESCAPED_CONTROL.search(url):
        raise _refused(url, "it has a control character in it")
    if url.startswith("/"):
        return "file"
    if url.startswith("file:///"):
        return "file"
    try:
        parts = urlsplit(url)
        host, _ = parts.hostname or "", parts.port
    except ValueError:
        raise _refused(url, "it is no URL") from None
    if "@" in parts.netloc:
        raise _refused(url, "it has a user in it; git reads names and passwords from ~/.netrc")
    if re.search(r"[\s\\?#]", url) or not HOST.fullmatch(host) or not parts.path.strip("/"):
        raise _refused(url, "it is no plain https://HOST/PATH")
    if url.startswith("https://"):
        return "https"
    if url.startswith("http://") and host in LOOPBACK:
        return "http"
    raise _refused(url, "only https, directories, and http from 127.0.0.1 or localhost are fetched from")


def candidates(repository: Repository) -> tuple[str, ...]:
    """Where to look for a repository, best first: a mirror can hold NAME.git or NAME.

    A mirror's directory is looked into; what a server has is found out by asking it.

    Raises:
        SourceError: an address is refused, or a mirror's directory has neither.
    """
    urls: tuple[str, ...] = (repository.url,)
    if repository.url != repository.origin and repository.url.endswith(".git"):
        urls += (repository.url.removesuffix(".git"),)
    if protocol(repository.url) != "file":
        return urls
    there = tuple(url for url in urls if os.path.isdir(directory(url)))
    if not there:
        raise SourceError(
            f"there is no repository for {repository.origin}: {' and '.join(urls)} {_are(len(urls))} no directory",
            remedy="a mirror has to hold OWNER/NAME.git or OWNER/NAME; make one with `git clone --mirror`",
        )
    return there


def directory(url: str) -> str:
    """The directory that a path or file:/// URL stands for."""
    return unquote(url.removeprefix("file://")) if url.startswith("file://") else url


def check_path(path: str) -> None:
    """Make sure that a path of the recipe stays in the tree.

    Raises:
        SourceError: it could lead out, into `.git`, or be taken for an option.
    """
    if not PATH.fullmatch(path):
        raise SourceError(
            f"refused: {path!r} is no plain path in the tree", remedy="correct the recipe: names joined by /, no .."
        )


def _are(count: int) -> str:
    return "is" if count == 1 else "are"


def _refused(url: str, why: str) -> SourceError:
    shown = re.sub(r"//[^/@]*@", "//***@", url)
    return SourceError(f"refused to fetch from {shown!r}: {why}", remedy=REMEDY)
