import pytest

from mxbuild.detect import dpkg
from mxbuild.model import Note
from tests.detect.machine import Build

STATUS = """\
Package: dpkg
Status: install ok installed
Priority: required
Architecture: amd64
Version: 1.21.22
Description: Debian package management system
 Package: not-a-package
 .
Homepage: https://wiki.debian.org/Teams/Dpkg

Package: make
Essential: no
Status: hold ok installed
Architecture: amd64
Version: 4.3-4.1

Package: gone
Status: deinstall ok config-files
Architecture: amd64
Version: 1.0

Package: broken
Status: install ok half-configured
Architecture: amd64
Version: 2.0

Package: libopenblas-dev
Status: install ok installed
Architecture: i386
Version: 0.3.21

Package: python3-pip
Status: install ok installed
Architecture: all
Version: 23.0.1+dfsg-1
"""


def test_installed_packages_of_this_architecture(build: Build) -> None:
    notes: list[Note] = []
    found = dpkg.installed(build({dpkg.STATUS: STATUS}), notes)
    assert found == {"dpkg": "1.21.22", "make": "4.3-4.1", "python3-pip": "23.0.1+dfsg-1"}
    assert [n.text for n in notes] == [f"{dpkg.STATUS}: not wholly installed: broken"]


def test_no_dpkg_no_packages_and_nothing_odd_about_it(build: Build) -> None:
    notes: list[Note] = []
    assert dpkg.installed(build(), notes) == {}
    assert notes == []


@pytest.mark.parametrize("text", ["Package: a\nStatus: install\nVersion: 1\n", "\0\xff\n\n\n\nVersion: 2", "Package"])
def test_a_damaged_status_gives_a_note(build: Build, text: str) -> None:
    notes: list[Note] = []
    assert dpkg.installed(build({dpkg.STATUS: text}), notes) == {}
    assert [n.topic for n in notes] == ["apt"]


def test_an_empty_status_is_an_empty_machine(build: Build) -> None:
    assert dpkg.installed(build({dpkg.STATUS: ""}), []) == {}


@pytest.mark.parametrize(
    ("version", "plain"),
    [
        ("1:2.4.9.1+dfsg-1.5ubuntu1.1", "2.4.9.1"),
        ("0.3.21+ds-4", "0.3.21"),
        ("4:12.2.0-3", "12.2.0"),
        ("3.6.0-2", "3.6.0"),
        ("2.39.5-0+deb12u1", "2.39.5"),
        ("", ""),
        ("abc", ""),
        ("1.", "1"),
    ],
)
def test_upstream_version(version: str, plain: str) -> None:
    assert dpkg.upstream(version) == plain
