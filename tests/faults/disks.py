"""Disks that are full for real: a small tmpfs in a mount namespace of its own, which takes no rights of root's."""

import ctypes
import functools
import os
import subprocess
from collections.abc import Callable

import pytest

MOUNT = 'mount -t tmpfs -o "size=$1,mode=755" none "$0" && shift && exec "$@"'


@functools.cache
def mountable() -> bool:
    """Whether this machine lets its users have mount namespaces (containers often do not)."""
    try:
        return subprocess.run(["unshare", "-Urm", "true"], capture_output=True, check=False).returncode == 0
    except OSError:
        return False


def small(directory: str, size: int) -> list[str]:
    """What stands before a command line, so that it sees an empty file system of `size` bytes at `directory`."""
    if not mountable():
        pytest.skip("this machine has no mount namespaces for its users (unshare -Urm)")
    return ["unshare", "-Urm", "sh", "-c", MOUNT, directory, str(size)]


CLONE_NEWNS, CLONE_NEWUSER = 0x00020000, 0x10000000
MS_REMOUNT = 32


def own(directory: str) -> Callable[[int], None]:
    """Give this very process a file system of its own at `directory`; it goes with the process.

    Returns:
        What changes its size, in bytes.
    """
    libc = ctypes.CDLL(None, use_errno=True)
    user, group = os.getuid(), os.getgid()

    def done(result: int, what: str) -> None:
        if result != 0:
            raise OSError(ctypes.get_errno(), what)

    done(libc.unshare(CLONE_NEWNS | (CLONE_NEWUSER if user else 0)), "unshare")
    if user:
        for name, text in (("setgroups", "deny"), ("uid_map", f"0 {user} 1"), ("gid_map", f"0 {group} 1")):
            with open(f"/proc/self/{name}", "w") as file:
                file.write(text)
    done(libc.mount(b"none", b"/", None, 1 << 18 | 1 << 14, None), "private")  # nothing of it is seen outside

    def mount(flags: int, size: int) -> None:
        options = f"size={size},mode=755".encode()
        done(libc.mount(b"none", os.fsencode(directory), b"tmpfs", flags, options), f"tmpfs of {size}")

    mount(0, 4096)
    return lambda size: mount(MS_REMOUNT, size)
