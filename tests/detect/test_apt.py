import pytest

from mxbuild.detect import apt
from mxbuild.model import Apt, Note
from mxbuild.system import Answer, System
from tests.detect.machine import Build, asking

USER = {apt.STATUS: "Name:\tx\nUid:\t1000\t1000\t1000\t1000\n"}
ROOT = {apt.STATUS: "Uid:\t1000\t0\t0\t0\n"}
SUDO = ["/usr/bin/apt-get", "/usr/bin/sudo"]


def look(system: System) -> tuple[Apt, list[Note]]:
    notes: list[Note] = []
    return apt.look(system, asking(system), notes), notes


def test_no_apt(build: Build) -> None:
    found, _ = look(build(ROOT))
    assert (found.path, found.right, found.lists) == ("", "none", False)


def test_root_by_the_effective_user_id(build: Build) -> None:
    found, notes = look(build(ROOT, programs=SUDO))
    assert (found.path, found.right) == ("/usr/bin/apt-get", "root")
    assert notes == []


@pytest.mark.parametrize(
    ("answer", "right", "source"),
    [
        (Answer(0, ""), "sudo", "/usr/bin/sudo -n true"),
        (
            Answer(1, "", "sudo: unable to resolve host x\nsudo: a password is required\n"),
            "none",
            "/usr/bin/sudo -n true: a password is required",
        ),
        (
            Answer(1, "", "Sorry, user someone is not allowed to execute '/bin/true' as root on somehost."),
            "none",
            "/usr/bin/sudo -n true: ended with status 1",
        ),
    ],
)
def test_sudo(build: Build, answer: Answer, right: str, source: str) -> None:
    found, _ = look(build(USER, programs=SUDO, answers={"/usr/bin/sudo -n true": answer}))
    assert (found.right, found.right_source) == (right, source)


def test_neither_root_nor_sudo(build: Build) -> None:
    found, _ = look(build(USER, programs=["/usr/bin/apt-get"]))
    assert (found.right, found.right_source) == ("none", "not root, and there is no sudo")


@pytest.mark.parametrize("status", ["", "Uid:\n", "Uid:\tx\ty\n"])
def test_who_cannot_tell_is_no_root(build: Build, status: str) -> None:
    found, notes = look(build({apt.STATUS: status}, programs=["/usr/bin/apt-get"]))
    assert found.right == "none"
    assert [n.topic for n in notes] == ["apt"]


def test_an_interrupted_dpkg(build: Build) -> None:
    assert not look(build(ROOT | {f"{apt.UPDATES}/tmp.i": ""}, programs=SUDO))[0].interrupted


def test_dpkgs_unmerged_changes(build: Build) -> None:
    assert look(build(ROOT | {f"{apt.UPDATES}/0003": ""}, programs=SUDO))[0].interrupted


@pytest.mark.parametrize(
    ("name", "there"),
    [
        ("m_dists_jammy_InRelease", True),
        ("m_dists_jammy_main_binary-amd64_Packages.lz4", True),
        ("lock", False),
        ("partial", False),
    ],
)
def test_package_lists(build: Build, name: str, there: bool) -> None:
    assert look(build(ROOT | {f"{apt.LISTS}/{name}": ""}, programs=SUDO))[0].lists is there


def test_components(build: Build) -> None:
    names = (
        "m_dists_bookworm_main_binary-amd64_Packages.lz4",
        "m_dists_bookworm-updates_non-free_binary-amd64_Packages",
        "vendor_dists_x_theirs_binary-amd64_Packages",
        "m_dists_bookworm_InRelease",
    )
    found, _ = look(build(ROOT | {f"{apt.LISTS}/{name}": "" for name in names}, programs=SUDO))
    assert found.components == ("main", "non-free")


def test_who_holds_the_lock(build: Build) -> None:
    system = build(
        ROOT | {"/proc/4711/comm": "unattended-upgr\n"},
        programs=SUDO,
        answers={"fuser /var/lib/dpkg/lock-frontend": " 4711"},
    )
    assert look(system)[0].lock_holder == "unattended-upgr (4711) holds /var/lib/dpkg/lock-frontend"


def test_a_holder_that_cannot_be_seen(build: Build) -> None:
    system = build(ROOT, programs=SUDO, answers={"fuser /var/lib/dpkg/lock": " 0"})
    assert look(system)[0].lock_holder == "a process (of another user or container) holds /var/lib/dpkg/lock"
