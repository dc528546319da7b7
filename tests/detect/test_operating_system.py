import os

import pytest

from mxbuild.detect import operating_system
from mxbuild.model import Note, Os
from mxbuild.system import System
from tests.detect.machine import Build, asking

JAMMY = """PRETTY_NAME="Ubuntu 22.04.5 LTS"
NAME="Ubuntu"
VERSION_ID="22.04"
VERSION="22.04.5 LTS (Jammy Jellyfish)"
VERSION_CODENAME=jammy
ID=ubuntu
ID_LIKE=debian
"""


def look(system: System) -> tuple[Os, list[str]]:
    notes: list[Note] = []
    return operating_system.look(system, asking(system), notes), [n.text for n in notes]


def test_a_release_behind_an_absolute_link(build: Build) -> None:
    system = build(
        {"/usr/lib/os-release": JAMMY, "/proc/sys/kernel/osrelease": "5.15.0-122-generic\n"},
        links={"/etc/os-release": "/usr/lib/os-release"},
        answers={"uname -m": "aarch64\n", "getconf GNU_LIBC_VERSION": "glibc 2.35\n"},
    )
    found, notes = look(system)
    assert (found.id, found.version, found.codename, found.like) == ("ubuntu", "22.04", "jammy", ("debian",))
    assert found.pretty == "Ubuntu 22.04.5 LTS"
    assert found.source == "/etc/os-release"
    assert (found.arch.value, found.triplet, found.kernel.value) == (
        "aarch64",
        "aarch64-linux-gnu",
        "5.15.0-122-generic",
    )
    assert found.libc is not None
    assert found.libc.value == "2.35"
    assert notes == []


def test_a_release_without_version_is_no_error(build: Build) -> None:
    found, _ = look(
        build({"/usr/lib/os-release": "ID=debian\nPRETTY_NAME='Debian sid'\n"}, answers={"uname -m": "x86_64"})
    )
    assert (found.id, found.version, found.codename, found.source) == ("debian", "", "", "/usr/lib/os-release")


@pytest.mark.parametrize(
    "text",
    [b'ID=ubuntu\nPRETTY_NAME="never closed\nVERSION_ID="22.04"\n', b'NAME="\xff"\nID=ubuntu\nVERSION_ID="22.04"\n'],
)
def test_a_malformed_release_is_read_line_by_line(build: Build, text: bytes) -> None:
    found, notes = look(build({"/etc/os-release": text}, answers={"uname -m": "x86_64"}))
    assert (found.id, found.version) == ("ubuntu", "22.04")
    assert "malformed" in notes[0]


def test_a_machine_that_says_nothing(build: Build) -> None:
    found, notes = look(build())
    assert (found.id, found.arch.value, found.kernel.value, found.libc) == ("linux", "", "", None)
    assert notes == ["`uname -m` gave no answer", "no /etc/os-release"]


@pytest.mark.parametrize(("arch", "triplet"), [("armv7l", "arm-linux-gnueabihf"), ("i686", "i386-linux-gnu")])
def test_triplets_that_are_not_the_machine_name(build: Build, arch: str, triplet: str) -> None:
    assert look(build(answers={"uname -m": arch}))[0].triplet == triplet


def test_the_kernel_of_this_machine() -> None:
    """Files in /proc/sys refuse large requests, which plain reading of "all of it" can be."""
    system = System()
    found, _ = look(system)
    assert (found.kernel.value, found.arch.value) == (os.uname().release, os.uname().machine)
