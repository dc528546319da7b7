"""The shared cache of objects: what ccache asks for what it has not itself, and gives what it has made."""

import re
from urllib.parse import urlsplit

from packaging.version import InvalidVersion, Version

from mxbuild.model import Decision, Request, Tool
from mxbuild.resolve.complaints import Complaints

VARIABLE = "MXBUILD_REMOTE_CACHE"
"""Environment variable with the address; the one place for a password."""
FIRST = Version("4.4")
"""ccache that knows storage besides its own directory (secondary_storage; from 4.7 on remote_storage)."""
HIDDEN = "***"
"""Stands for user and password in every address that is kept, shown or logged."""
READ_ONLY = "|read-only=true"
"""ccache's attribute: what is made here is not given away. The one that all versions understand in this form."""
HOST = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9.-]*[A-Za-z0-9])?")
REST = re.compile(r"[A-Za-z0-9._~%/+@:-]*")
DATABASE = re.compile(r"/?|/[0-9]{1,4}")
FORMS = "redis://HOST[:PORT][/DB], http://HOST[:PORT][/PATH] or file:///DIRECTORY"


def fault(url: str) -> str:
    """What is wrong with an address, in words that repeat nothing secret; "" where nothing is.

    ccache itself fails every compile of a build when it cannot read its address.
    """
    base = url.removesuffix(READ_ONLY)
    try:
        parts = urlsplit(base)
        host, _ = parts.hostname or "", parts.port
    except ValueError:
        return f"it is no address like {FORMS}"
    if parts.scheme == "https":
        return "ccache speaks no https; a tunnel (ssh -L, stunnel, WireGuard) carries http:// or redis:// safely"
    if parts.scheme not in ("redis", "http", "file") or not base.startswith(f"{parts.scheme}://"):
        return f"it is no address like {FORMS}"
    if parts.query or parts.fragment or not REST.fullmatch(base.replace(f"{HIDDEN}@", "", 1).partition("://")[2]):
        return f"it has signs in it that no address like {FORMS} has; escape those of a password (%40 for @)"
    if parts.scheme == "file":
        return "" if not parts.netloc and parts.path.strip("/") else "it names no directory: file:///DIRECTORY"
    if not HOST.fullmatch(host):
        return f"it names no host: {FORMS}"
    if parts.scheme == "redis" and not DATABASE.fullmatch(parts.path):
        return "behind a redis:// host there is only a number, of its database"
    return ""


def shown(url: str) -> str:
    """The address without user and password, as it may stand in plans, logs and receipts."""
    return re.sub(r"(?<=://)[^/]*@", f"{HIDDEN}@", url)


def setting(url: str) -> str:
    """The address as ccache takes it: for it, `redis://:PASSWORD@` has a user without a name, which Redis refuses."""
    return url.replace("://:", "://", 1)


def faults(request: Request) -> list[str]:
    """What is asked for that cannot be."""
    if request.remote_cache is None:
        return []
    found = [f"--remote-cache: {why}"] if (why := fault(request.remote_cache)) else []
    if request.ccache is False:
        found.append("--remote-cache and --no-ccache contradict each other: ccache is what asks it")
    return found


def decide(request: Request, ccache: Tool | None, complaints: Complaints) -> tuple[str, Decision | None]:
    """The address without its password, "" for none; complains where there is no ccache that can ask it."""
    address = request.remote_cache
    if address is None:
        return "", None
    if ccache is None:
        complaints.add(
            "--remote-cache needs ccache, which is not installed", "sudo apt-get install ccache   (4.4 or later)"
        )
        return "", None
    if _older(ccache.version):
        complaints.add(
            f"{ccache.path} {ccache.version} knows no remote cache; ccache {FIRST} is the first that does",
            "install a newer ccache and put it first on PATH, or leave out --remote-cache",
        )
        return "", None
    why = f"{ccache.path} asks it for what it has not itself; whoever can write there puts code into every build"
    return address, Decision(
        subject="remote cache", kind="cache", choice=address, why=why, asked=True, sources=(ccache.source,)
    )


def _older(version: str) -> bool:
    try:
        return bool(version) and Version(version) < FIRST
    except InvalidVersion:
        return False
