"""mxbuild called through sudo, whole: nothing that it leaves is root's."""

import os
import pwd
import shutil
import stat
import subprocess
import sys
import sysconfig
import tempfile
from collections.abc import Iterator
from pathlib import Path
from shutil import copytree

import pytest

from tests.execute import pythons
from tests.install.conftest import ROOT, TINY, Place

pytestmark = [
    pytest.mark.xdist_group("install"),
    pytest.mark.skipif(os.geteuid() != 0, reason="only root can become another user"),
]
NOBODY = pwd.getpwnam("nobody")
LIBRARIES = Path(sysconfig.get_paths()["purelib"])


@pytest.fixture
def world() -> Iterator[Path]:
    """A directory that everybody can enter, with mxbuild in it; pytest's own are for their owner."""
    where = Path(tempfile.mkdtemp(prefix="mxbuild-test-", dir="/tmp"))
    where.chmod(0o755)
    for name in ("mxbuild", "recipes"):
        copytree(ROOT / name, where / "code" / name, ignore=shutil.ignore_patterns("__pycache__"))
    copytree(TINY, where / "recipes")
    if not all(place.stat().st_mode & 0o005 == 0o005 for place in (LIBRARIES, *LIBRARIES.parents)):
        # Those of a checkout in a home that others may not enter.
        shutil.copytree(LIBRARIES, where / "libraries", copy_function=linked)
    pythons.packed(where / "shop", "alpha", "1.5")
    (where / "home").mkdir()
    os.chown(where / "home", NOBODY.pw_uid, NOBODY.pw_gid)
    yield where
    shutil.rmtree(where)


def linked(source: str, target: str) -> None:
    try:
        os.link(source, target)
    except OSError:  # another file system's
        shutil.copy2(source, target)


@pytest.fixture
def python(world: Path) -> str:
    """An interpreter that everybody can run, with mxbuild's libraries."""
    minor = f"python{sys.version_info.major}.{sys.version_info.minor}"
    for program in (f"/usr/bin/{minor}", f"/usr/local/bin/{minor}", sys.executable):
        if os.path.exists(program):
            command = [program, "-c", "import mxbuild.pipeline, ensurepip"]
            try:
                tried = subprocess.run(command, env=environ(world), cwd="/", user=NOBODY.pw_uid, group=NOBODY.pw_gid,
                                       extra_groups=[], capture_output=True, check=False)  # fmt: skip
            except PermissionError:  # it lies in a home that others may not enter
                continue
            if tried.returncode == 0:
                return program
    pytest.skip(f"no {minor} that a user other than root can run, with venv")


def environ(world: Path) -> dict[str, str]:
    pip = {"PIP_FIND_LINKS": str(world / "shop"), "PIP_NO_INDEX": "1", "PIP_CONFIG_FILE": "/dev/null"}
    libraries = world / "libraries" if (world / "libraries").exists() else LIBRARIES
    return pip | {
        "HOME": str(world / "home"),
        "PATH": "/usr/bin:/bin",
        "PYTHONPATH": f"{world / 'code'}:{libraries}",
        "PYTHONDONTWRITEBYTECODE": "1",
    }


TESTER = 54321
"""User id of somebody whom only a mount namespace of the test's own knows."""
AS_TESTER = """\
mount --bind passwd /etc/passwd && mount --bind sudoers /etc/sudoers &&
exec setpriv --reuid {user} --regid {user} --clear-groups sudo -n "$@"
"""
SUDOERS = 'Defaults env_keep += "PIP_*"\nmxtester ALL=(root) NOPASSWD: ALL\n'


def test_the_real_sudo_leaves_nothing_of_roots_in_the_home(tiny: Place, world: Path, python: str) -> None:
    """sudo takes HOME, PATH and the rest away: what is left has to do."""
    if shutil.which("sudo") is None:
        pytest.skip("sudo is not installed: apt-get install sudo")
    if subprocess.run(["unshare", "-m", "true"], capture_output=True, check=False).returncode != 0:
        pytest.skip("this machine has no mount namespaces (unshare -m)")
    tiny.run("push", "--store", str(world / "store"))
    home = world / "home"
    os.chown(home, TESTER, TESTER)
    account = f"mxtester:*:{TESTER}:{TESTER}::{home}:/bin/sh\n"
    (world / "passwd").write_text(Path("/etc/passwd").read_text() + account)
    (world / "sudoers").write_text(SUDOERS)
    (world / "sudoers").chmod(0o440)
    paths = environ(world)["PYTHONPATH"].split(":")

    def run(*words: str) -> "subprocess.CompletedProcess[str]":
        script = f"import sys; sys.path[:0] = {paths!r}; from mxbuild.cli import main; sys.exit(main({list(words)!r}))"
        command = ["unshare", "-m", "sh", "-c", AS_TESTER.format(user=TESTER), "sh", python, "-B", "-c", script]
        done = subprocess.run(command, env=environ(world), cwd=world, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr
        return done

    places = ("--recipe-dir", str(world / "recipes"), "--store", str(world / "store"))
    done = run("install", "tiny", "--no-apt", "--yes", *places)
    assert "called through sudo: all but apt-get runs as mxtester" in done.stderr
    files = [home, *home.rglob("*")]
    assert len(files) > 300
    assert [path for path in files if path.lstat().st_uid != TESTER] == []
    assert (home / ".local/state/mxbuild").stat().st_mode & 0o777 == 0o700
    assert run("run", "--", "id", "-u").stdout == f"{TESTER}\n"
    assert [path for path in home.rglob("*") if path.lstat().st_uid != TESTER] == []


def test_through_sudo_every_file_is_the_callers_and_nobody_elses_to_write(
    tiny: Place, world: Path, python: str
) -> None:
    """The wheel comes out of a store: that a compile's files are the caller's as well follows from whose make is."""
    tiny.run("push", "--store", str(world / "store"))
    sudo = {"SUDO_UID": str(NOBODY.pw_uid), "SUDO_GID": str(NOBODY.pw_gid), "SUDO_USER": "nobody"}

    def run(*words: str, code: int = 0, **more: str) -> "subprocess.CompletedProcess[str]":
        script = f"import os, sys; os.umask(0); from mxbuild.cli import main; sys.exit(main({list(words)!r}))"
        done = subprocess.run(
            [python, "-c", script], env=environ(world) | more, cwd=world, capture_output=True, text=True, check=False
        )
        assert done.returncode == code, done.stderr
        return done

    words = ("install", "tiny", "--no-apt", "--yes", "--recipe-dir", str(world / "recipes"))
    done = run(*words, "--store", str(world / "store"), **sudo)
    assert "called through sudo: all but apt-get runs as nobody" in done.stderr
    assert "out of the store" in done.stderr
    files = [world / "home", *(world / "home").rglob("*")]
    assert len(files) > 300
    for path in files:
        status = path.lstat()
        assert status.st_uid == NOBODY.pw_uid, path
        assert stat.S_ISLNK(status.st_mode) or not status.st_mode & 0o022, path
    assert (world / "home/.local/state/mxbuild").stat().st_mode & 0o777 == 0o700
    assert run("run", "--", "id", "-u", **sudo).stdout == f"{NOBODY.pw_uid}\n"
    # Without sudo root is root, and does not touch what is another user's.
    (name,) = os.listdir(world / "home/.local/share/mxbuild/envs")
    refused = run("uninstall", name, "--yes", code=9)
    assert "belongs to nobody, and mxbuild runs as root" in refused.stderr
    assert (world / "home/.local/share/mxbuild/current/receipt.json").exists()
