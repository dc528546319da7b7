"""Whose files mxbuild makes: those of the user who called it, also through sudo; root's right is for apt-get alone.

Called through sudo, the process takes that user's identity before it does anything, and keeps root's only as its saved
user id, which no child inherits: a program that is started loses it. What apt-get needs is given back around its start.
"""

import os
import pwd
import stat
from collections.abc import Iterator, MutableMapping
from contextlib import contextmanager
from typing import TypedDict

OTHERS = stat.S_IWGRP | stat.S_IWOTH
"""The right of others to write: what they could change would be executed later."""


class More(TypedDict, total=False):
    """Arguments of subprocess.Popen."""

    user: int
    group: int
    extra_groups: list[int]


NO_MORE: More = {}


def settle(environ: MutableMapping[str, str]) -> tuple[str, ...]:
    """Become the user who called sudo, where one did; and let nobody else write what will be made, or name a program.

    Plain root (a container, a CI job, a cloud machine) stays root.

    Args:
        environ: SUDO_UID names the user; HOME, USER and LOGNAME become theirs. PATH is cleaned.

    Returns:
        What was left out of PATH, in words.
    """
    # What others may read is as the caller's umask says; whoever calls can always use what was made.
    os.umask(os.umask(0o077) & 0o077 | OTHERS)
    _become(environ)
    if "PATH" not in environ:
        return ()
    root = os.geteuid() == 0
    open_ones = [place for place in absolute(environ["PATH"]).split(":") if root and anyones(place)]
    kept = [place for place in absolute(environ["PATH"]).split(":") if place not in open_ones]
    environ["PATH"] = ":".join(kept) or os.defpath
    return tuple(
        f"{place} is left out of PATH: mxbuild runs as root, and everybody can put a program there"
        for place in open_ones
    )


def absolute(path: str) -> str:
    """PATH without what depends on the current directory: empty entries, `.`, and other relative ones.

    A repository that somebody else has made may hold a `git` or a `make`.
    """
    return ":".join(dict.fromkeys(place for place in path.split(":") if os.path.isabs(place))) or os.defpath


def anyones(directory: str) -> bool:
    """Whether everybody on this machine can put a program there."""
    try:
        return bool(os.stat(directory).st_mode & stat.S_IWOTH)
    except OSError:
        return False


def _become(environ: MutableMapping[str, str]) -> None:
    caller = environ.get("SUDO_UID", "")
    if os.geteuid() != 0 or not caller.isascii() or not caller.isdigit() or int(caller) == 0:
        return
    try:
        user = pwd.getpwuid(int(caller))
    except (KeyError, OverflowError):  # of a name service that is not here; nobody to become
        return
    own = _owner(environ.get("HOME", "")) == user.pw_uid  # sudo -E keeps the caller's; else it is root's
    os.setgroups(os.getgrouplist(user.pw_name, user.pw_gid))
    os.setresgid(user.pw_gid, user.pw_gid, user.pw_gid)
    os.setresuid(user.pw_uid, user.pw_uid, 0)
    if not own:
        environ["HOME"] = user.pw_dir
    environ.update(USER=user.pw_name, LOGNAME=user.pw_name)


def called_through_sudo() -> bool:
    """Whether `settle` gave root's identity away; apt-get alone gets it back."""
    _, effective, saved = os.getresuid()
    return effective != 0 and saved == 0


def remark() -> str:
    """The line that says so where root is, or was, in play; "" for a user like any other."""
    if called_through_sudo():
        return f"called through sudo: all but apt-get runs as {name_of(os.geteuid())}"
    if os.geteuid() == 0:
        return f"running as root, as nobody called sudo: all that is made is root's, in {os.environ.get('HOME', '/')}"
    return ""


@contextmanager
def regained() -> Iterator[More]:
    """Root's right, for the start of one child; yields what subprocess needs so that the child has all of it.

    Raises:
        PermissionError: there was none to give away.
    """
    if not called_through_sudo():
        yield NO_MORE
        return
    user = os.geteuid()
    os.seteuid(0)
    try:
        yield More(user=0, group=0, extra_groups=[0])
    finally:
        os.seteuid(user)


def _owner(path: str) -> int:
    """User id of what is there; -1 where nothing is."""
    try:
        return os.stat(path).st_uid if path else -1
    except OSError:
        return -1


def name_of(user: int) -> str:
    try:
        return pwd.getpwuid(user).pw_name
    except KeyError:
        return f"user {user}"
