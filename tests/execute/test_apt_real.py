"""apt-get and dpkg themselves, in a root of their own, with a package of ours: what they do when a lock is held."""

import hashlib
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from mxbuild.errors import AptError
from mxbuild.execute import apt
from mxbuild.execute.context import Context
from mxbuild.model import Event, InstallPackages, Message, Paths

pytestmark = pytest.mark.skipif(
    not shutil.which("apt-get") or os.geteuid() != 0, reason="dpkg unpacks for root only, and only Debian has it"
)

CONTROL = """\
Package: toy
Version: 1.0
Architecture: all
Maintainer: nobody <nobody@example.invalid>
Description: nothing
"""
CONFIGURATION = """\
Dir "{root}";
Dir::State "{root}/state";
Dir::State::status "{root}/dpkg/status";
Dir::Cache "{root}/cache";
Dir::Etc "{root}/etc";
Dir::Log "{root}/log";
APT::Sandbox::User "root";
DPkg::Options {{ "--admindir={root}/dpkg"; "--instdir={root}/installed"; "--log={root}/log/dpkg.log"; }};
"""
DIRECTORIES = (
    "state/lists/partial", "cache/archives/partial", "etc/apt.conf.d", "etc/preferences.d", "etc/trusted.gpg.d",
    "etc/sources.list.d", "dpkg/info", "dpkg/updates", "log", "installed", "shop",
)  # fmt: skip
HOLDER = """
import fcntl, sys
with open(sys.argv[1], "w") as file:
    fcntl.lockf(file, fcntl.LOCK_EX)
    print("held", flush=True)
    sys.stdin.readline()
"""
STEP = InstallPackages(packages=("toy",), right="root", unconfigured=False)


@pytest.fixture
def machine(tmp_path: Path) -> Path:
    """A machine whose one source of packages is a directory with one package."""
    for name in DIRECTORIES:
        (tmp_path / name).mkdir(parents=True)
    (tmp_path / "dpkg/status").touch()
    package = tmp_path / "package"
    (package / "DEBIAN").mkdir(parents=True)
    (package / "DEBIAN/control").write_text(CONTROL)
    (package / "opt").mkdir()
    (package / "opt/toy").write_text("toy\n")
    built = tmp_path / "shop/toy.deb"
    subprocess.run(["dpkg-deb", "-b", str(package), str(built)], check=True, capture_output=True)
    digest = hashlib.sha256(built.read_bytes()).hexdigest()
    about = f"Filename: ./toy.deb\nSize: {built.stat().st_size}\nSHA256: {digest}\n"
    (tmp_path / "shop/Packages").write_text(CONTROL + about)
    (tmp_path / "etc/sources.list").write_text(f"deb [trusted=yes] file:{tmp_path}/shop ./\n")
    (tmp_path / "apt.conf").write_text(CONFIGURATION.format(root=tmp_path))
    return tmp_path


@contextmanager
def held(path: Path) -> Iterator["subprocess.Popen[bytes]"]:
    """Another process holds the lock until a line is written to it."""
    with subprocess.Popen(
        [sys.executable, "-c", HOLDER, str(path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == b"held\n"
        yield process
        release(process)


def release(process: "subprocess.Popen[bytes]") -> None:
    if process.stdin is not None and not process.stdin.closed:
        process.stdin.write(b"\n")
        process.stdin.close()
    process.wait()


def context(machine: Path, watch: object) -> Context:
    environ = {**os.environ, "APT_CONFIG": str(machine / "apt.conf"), "DPKG_ADMINDIR": str(machine / "dpkg")}
    paths = Paths(**{**dict.fromkeys(Paths.__struct_fields__, "/nonexistent"), "state": str(machine / "mxbuild")})
    return Context(environ=environ, watch=watch, paths=paths, outcomes={})  # type: ignore[arg-type]


def test_who_holds_dpkgs_lock_is_waited_for_and_named_once(machine: Path) -> None:
    said: list[str] = []
    with held(machine / "dpkg/lock-frontend") as holder:

        def watch(event: Event) -> None:
            if isinstance(event, Message):
                said.append(event.text)
                release(holder)

        outcome = apt.run(STEP, context(machine, watch))
    assert [text.split(" (")[0] for text in said] == [
        f"waiting up to 10 min for apt's lock, held by process {holder.pid}"
    ]
    assert outcome.evidence["new"] == ["toy"]
    assert (machine / "installed/opt/toy").read_text() == "toy\n"


def test_the_lock_of_the_lists_is_tried_again(machine: Path) -> None:
    """apt-get's own patience does not hold for `update`."""
    said: list[str] = []
    with held(machine / "state/lists/lock") as holder:

        def watch(event: Event) -> None:
            said.append(getattr(event, "text", ""))
            if "trying again" in said[-1]:
                release(holder)

        apt.run(STEP, context(machine, watch))
    assert "the package lists are locked by another process; trying again in 2 s" in said


def test_in_the_end_the_holder_is_named(machine: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(apt, "OPTIONS", tuple(o.replace("Timeout=600", "Timeout=1") for o in apt.OPTIONS))
    with held(machine / "dpkg/lock-frontend") as holder:
        with pytest.raises(AptError) as caught:
            apt.run(STEP, context(machine, lambda event: None))
        assert any(f"held by process {holder.pid}" in line for line in caught.value.details)
    assert "wait" in (caught.value.remedy or "")
    apt.run(STEP, context(machine, lambda event: None))
