"""Disks that are full for real: a small tmpfs in a mount namespace of its own, which takes no rights of root's."""

import functools
import subprocess

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
