"""Whose directories mxbuild writes to: its user's own, and nobody else's."""

import os
import pwd
import stat
from contextlib import suppress

from mxbuild.errors import DiskError
from mxbuild.locations import VARIABLES, Locations
from mxbuild.rights import OTHERS, name_of

PRIVATE = 0o700
"""Rights of the directory of records, as the XDG base directory specification has them for one that is made."""


def check(where: Locations) -> None:
    """Refuse to write where another user's files are; take back what others could write.

    Raises:
        DiskError: a directory is another user's; or it would be made in the home of one, by root.
    """
    me = os.geteuid()
    for name, path in zip(VARIABLES, (where.prefix, where.cache, where.state), strict=True):
        place = _nearest(path)
        try:
            status = os.stat(place)
        except OSError:
            continue  # whoever writes there says what is wrong
        if place != path:
            if me == 0 and status.st_uid != 0 and _at_home(status.st_uid, place):
                theirs = name_of(status.st_uid)
                raise DiskError(
                    f"refused: {path} would be root's, in the home of {theirs}",
                    remedy=f"run it as {theirs}, or set HOME to root's own, or {name} to a directory of root's",
                )
        elif status.st_uid not in (me, 0) or (status.st_uid == 0 != me and not os.access(place, os.W_OK)):
            theirs = name_of(status.st_uid)
            raise DiskError(
                f"refused: {path} belongs to {theirs}, and mxbuild runs as {name_of(me)}",
                remedy=f"run it as {theirs}, or set {name} to a directory of your own",
            )
        elif status.st_uid == me and status.st_mode & OTHERS and not status.st_mode & stat.S_ISVTX:
            with suppress(OSError):  # a file system without modes
                os.chmod(place, stat.S_IMODE(status.st_mode) & ~OTHERS)


def private(state: str) -> None:
    """Make the directory of records, where it is missing, for its user alone: logs tell what a machine has and does.

    One that is there keeps the rights that its user gave it, as far as `check` lets it.

    Raises:
        OSError: it cannot be made.
    """
    with suppress(FileExistsError):
        os.makedirs(os.path.dirname(state), exist_ok=True)
        os.mkdir(state, PRIVATE)


def _nearest(path: str) -> str:
    """The path, or the nearest directory above it that is there."""
    while not os.path.lexists(path) and path != "/":
        path = os.path.dirname(path)
    return path


def _at_home(user: int, place: str) -> bool:
    try:
        home = os.path.realpath(pwd.getpwuid(user).pw_dir)
    except KeyError:
        return False
    return home != "/" and f"{os.path.realpath(place)}/".startswith(f"{home}/")
