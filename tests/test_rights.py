"""Whose files are made: through sudo the caller's, with root's right for apt-get alone; another user's are refused."""

import os
import pwd
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest

from mxbuild import ownership, rights
from mxbuild.detect import apt
from mxbuild.errors import DiskError
from mxbuild.locations import Locations
from mxbuild.system import System

NOBODY = pwd.getpwnam("nobody")
as_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root can become another user")

SCRIPT = """
import json, os, sys
from mxbuild import process, rights
environ = dict(os.environ)
rights.settle(environ)
log, said = sys.argv[1], {}
def child(name, root):
    lines = []
    command = ["sh", "-c", "id -u; id -ru; id -g; id -G; grep ^Uid /proc/self/status; umask"]
    code = process.run_logged(command, env=environ, cwd="/", log=log, on_line=lines.append, root=root)
    said[name] = [code, *lines]
child("plain", False)
child("apt", True)
child("after", False)
said["own"] = [os.geteuid(), os.getegid(), *os.getgroups()]
said["environ"] = [environ.get(name) for name in ("HOME", "USER", "LOGNAME")]
said["remark"] = rights.remark()
print(json.dumps(said))
"""


def settled(log: Path, **environ: str) -> dict[str, list[object]]:
    import json

    root = str(Path(rights.__file__).parents[1])
    kept = {"PATH": os.environ["PATH"], "PYTHONPATH": root, "HOME": "/root"}
    script = f"import os; os.umask(0); exec({SCRIPT!r})"
    done = subprocess.run(
        [sys.executable, "-c", script, str(log)], env=kept | environ, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    return dict(json.loads(done.stdout))


@pytest.fixture
def log(tmp_path: Path) -> Path:
    """A file that everybody can write; pytest's own directories are for their owner."""
    import tempfile

    descriptor, name = tempfile.mkstemp(prefix="mxbuild-test-", dir="/tmp")
    os.fchmod(descriptor, 0o666)
    os.close(descriptor)
    return Path(name)


@as_root
def test_through_sudo_all_is_the_callers_and_only_what_asks_for_it_is_roots(log: Path) -> None:
    said = settled(log, SUDO_UID=str(NOBODY.pw_uid), SUDO_GID=str(NOBODY.pw_gid), SUDO_USER="nobody")
    log.unlink()
    user, group = str(NOBODY.pw_uid), str(NOBODY.pw_gid)
    # The saved id too: what is started can never be root again.
    mine = [0, user, user, group, group, f"Uid:\t{user}\t{user}\t{user}\t{user}", "0022"]
    assert said["plain"] == mine
    assert said["after"] == mine
    assert said["apt"] == [0, "0", "0", "0", "0", "Uid:\t0\t0\t0\t0", "0022"]
    assert said["own"] == [NOBODY.pw_uid, NOBODY.pw_gid, NOBODY.pw_gid]
    assert said["environ"] == [NOBODY.pw_dir, "nobody", "nobody"]
    assert said["remark"] == "called through sudo: all but apt-get runs as nobody"


@as_root
@pytest.mark.parametrize("caller", ["", "0", "-1", "x", "99999999999999999999", "4294967294", "１０００"])
def test_plain_root_stays_root_and_says_so(log: Path, caller: str) -> None:
    said = settled(log, SUDO_UID=caller)
    log.unlink()
    assert said["plain"][:3] == said["apt"][:3] == [0, "0", "0"]
    assert said["environ"][0] == "/root"
    assert str(said["remark"]).startswith("running as root, as nobody called sudo")


@as_root
def test_a_home_of_the_callers_is_kept(log: Path, tmp_path: Path) -> None:
    os.chown(tmp_path, NOBODY.pw_uid, NOBODY.pw_gid)
    said = settled(log, SUDO_UID=str(NOBODY.pw_uid), HOME=str(tmp_path))
    log.unlink()
    assert said["environ"][0] == str(tmp_path)


def test_a_user_like_any_other_is_not_asked_about_sudo(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever SUDO_UID says: who is not root becomes nobody."""
    before = os.umask(0o077)
    try:
        monkeypatch.setattr(os, "geteuid", lambda: 1000)
        environ = {"SUDO_UID": "1", "HOME": "/home/me"}
        rights.settle(environ)
        assert os.umask(0o077) == 0o077
        assert environ == {"SUDO_UID": "1", "HOME": "/home/me"}
    finally:
        os.umask(before)


def test_apt_may_run_as_root_where_sudo_called(tmp_path: Path) -> None:
    (tmp_path / "proc/self").mkdir(parents=True)
    (tmp_path / "usr/bin").mkdir(parents=True)
    (tmp_path / "usr/bin/apt-get").touch(mode=0o755)
    (tmp_path / "proc/self/status").write_text("Name:\tpython\nUid:\t1000\t1000\t0\t1000\n")
    system = System(str(tmp_path), {"PATH": "/usr/bin"}, {})
    found = apt.look(system, lambda lines: [None for _ in lines], [])
    assert (found.right, found.right_source) == ("root", "/proc/self/status: called through sudo")


def places(root: Path) -> Locations:
    return Locations(prefix=str(root / "a/prefix"), cache=str(root / "cache"), state=str(root / "state"))


def test_ones_own_directories_are_fine_there_or_not(tmp_path: Path) -> None:
    ownership.check(places(tmp_path))
    assert not (tmp_path / "cache").exists()
    (tmp_path / "cache").mkdir()
    ownership.check(places(tmp_path))


@as_root
@pytest.mark.parametrize("name", ["a/prefix", "cache", "state"])
def test_a_directory_of_another_user_is_refused(tmp_path: Path, name: str) -> None:
    (tmp_path / name).mkdir(parents=True)
    os.chown(tmp_path / name, NOBODY.pw_uid, -1)
    with pytest.raises(DiskError, match="belongs to nobody, and mxbuild runs as root") as refused:
        ownership.check(places(tmp_path))
    assert f"set {dict(zip(('a/prefix', 'cache', 'state'), ownership.VARIABLES, strict=True))[name]}" in str(
        refused.value.remedy
    )


@as_root
def test_root_makes_nothing_in_the_home_of_another(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    home = tmp_path / "home"
    home.mkdir()
    os.chown(home, NOBODY.pw_uid, -1)
    monkeypatch.setattr(pwd, "getpwuid", lambda user: SimpleNamespace(pw_dir=str(home), pw_name="bob"))
    with pytest.raises(DiskError, match="would be root's, in the home of bob"):
        ownership.check(places(home))
    assert list(home.iterdir()) == []

    def unknown(user: int) -> None:
        raise KeyError(user)

    # A CI job's directory, mounted into its container, is of a user whom the container does not know.
    monkeypatch.setattr(pwd, "getpwuid", unknown)
    ownership.check(places(home))


def test_what_a_run_as_root_left_is_refused_where_it_cannot_be_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    where = places(tmp_path)
    (tmp_path / "state").mkdir()
    monkeypatch.setattr(os, "geteuid", lambda: 54321)
    monkeypatch.setattr(os, "stat", lambda path: SimpleNamespace(st_uid=0, st_mode=0o755))
    monkeypatch.setattr(os, "access", lambda *_: False)
    with pytest.raises(DiskError, match="belongs to root, and mxbuild runs as user 54321"):
        ownership.check(where)
    monkeypatch.setattr(os, "access", lambda *_: True)  # shared on purpose
    ownership.check(where)


@pytest.mark.parametrize("umask", [0o000, 0o022, 0o077])
def test_the_directory_of_records_is_for_its_user_alone(tmp_path: Path, umask: int) -> None:
    before = os.umask(umask)
    try:
        ownership.private(str(tmp_path / "share/mxbuild"))
    finally:
        os.umask(before)
    assert (tmp_path / "share/mxbuild").stat().st_mode & 0o7777 == 0o700
    assert (tmp_path / "share").stat().st_mode & 0o7777 == 0o777 & ~umask, "what lies above it is not ours to close"


def test_a_directory_of_records_that_its_user_opened_stays_open(tmp_path: Path) -> None:
    (tmp_path / "state").mkdir()
    (tmp_path / "state").chmod(0o750)
    ownership.private(str(tmp_path / "state"))
    ownership.check(places(tmp_path))
    assert (tmp_path / "state").stat().st_mode & 0o7777 == 0o750


@pytest.mark.parametrize(("umask", "settled"), [(0o000, 0o022), (0o002, 0o022), (0o077, 0o077), (0o777, 0o077)])
def test_nobody_else_writes_and_the_caller_always_can(umask: int, settled: int) -> None:
    before = os.umask(umask)
    try:
        rights.settle({})
        assert os.umask(before) == settled
    finally:
        os.umask(before)


@pytest.mark.parametrize(("mode", "left"), [(0o777, 0o755), (0o775, 0o755), (0o700, 0o700), (0o1777, 0o1777)])
def test_others_lose_the_right_to_write(tmp_path: Path, mode: int, left: int) -> None:
    (tmp_path / "state").mkdir()
    (tmp_path / "state").chmod(mode)
    ownership.check(places(tmp_path))
    assert (tmp_path / "state").stat().st_mode & 0o7777 == left
