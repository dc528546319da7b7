"""Trying workers, with the real distcc and distccd; only ssh is a script, which runs the other side here."""

import os
import shutil
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path

import msgspec
import pytest

from mxbuild.errors import BuildError
from mxbuild.execute import workercheck
from mxbuild.execute.workercheck import check, made_by
from mxbuild.model import Compiler, WorkerCheck
from mxbuild.resolve.workers import parse
from tests.project import GXX, compiler, script
from tests.servers import distccd, free_port

DISTCC = shutil.which("distcc") or ""
pytestmark = pytest.mark.skipif(not DISTCC, reason="distcc is not installed: apt-get install distcc")


@pytest.fixture(scope="module")
def port(tmp_path_factory: pytest.TempPathFactory) -> Iterator[int]:
    with distccd(tmp_path_factory.mktemp("distccd")) as port:
        yield port


@pytest.fixture
def brief(monkeypatch: pytest.MonkeyPatch) -> None:
    """Something to compile that takes no time: what one test has compiled whole, the others need not."""
    monkeypatch.setattr(workercheck, "SOURCE", "int count() { return 1; }\n")


def tried(worker: str, environ: Mapping[str, str] | None = None, with_: Compiler | None = None) -> WorkerCheck:
    return check(parse(worker)[0], with_ or compiler(), DISTCC, {**os.environ, **(environ or {})})


def ssh(directory: Path, text: str) -> dict[str, str]:
    """An ssh that runs what follows in place of another machine's shell."""
    shift = 'while [ "$1" != distccd ]; do shift; done\n'
    return {"DISTCC_SSH": script(directory / "ssh", shift + text)}


def test_a_worker_like_this_machine_makes_the_same_object(port: int) -> None:
    seen = tried(f"tcp://127.0.0.1:{port}/2")
    assert (seen.ok, seen.same, seen.cause, seen.remedy) == (True, True, "", "")
    assert seen.compiler.startswith("GCC: (")
    assert seen.speed is not None
    assert seen.speed > 0


@pytest.mark.usefixtures("brief")
def test_one_over_ssh_does_too(tmp_path: Path) -> None:
    seen = tried("build1/2", ssh(tmp_path, 'exec "$@"\n'))
    assert seen.ok
    assert seen.same


@pytest.mark.usefixtures("brief")
def test_another_compiler_is_seen_by_what_it_makes(tmp_path: Path) -> None:
    here = msgspec.structs.replace(compiler(), cxx="g++")
    with tempfile.TemporaryDirectory() as there:
        os.chmod(there, 0o755)  # distccd that root starts becomes another user
        # The flags stand for another version: other code, and no word of its maker.
        script(Path(there, "g++"), f'exec {GXX} "$@" -O0 -fno-ident\n')
        seen = tried("build1/2", ssh(tmp_path, f'PATH={there}:$PATH exec "$@"\n'), with_=here)
    assert (seen.ok, seen.same) == (False, False)
    assert "its g++ is another one: no word of it" in seen.cause
    assert "apt-get install g++" in seen.remedy


@pytest.mark.usefixtures("brief")
@pytest.mark.parametrize(
    ("text", "cause", "remedy"),
    [
        ('echo "me@build1: Permission denied (publickey)." >&2; exit 255', "Permission denied", "ssh-copy-id build1"),
        ('echo "bash: line 1: distccd: command not found" >&2; exit 127', "no distccd", "apt-get install distcc g++"),
        ('echo "Host key verification failed." >&2; exit 255', "its key", "ssh build1 true"),
        ('echo "kex_exchange: something odd" >&2; exit 255', "something odd", "ssh build1 distccd --version"),
        ('PATH=/nonexistent exec /usr/bin/"$@"', "it has no g++", "update-distcc-symlinks"),
    ],
)
def test_what_is_wrong_over_ssh_has_a_cause_and_a_cure(tmp_path: Path, text: str, cause: str, remedy: str) -> None:
    here = msgspec.structs.replace(compiler(), cxx="g++")
    seen = tried("build1/2", ssh(tmp_path, f"{text}\n"), with_=here)
    assert not seen.ok
    assert cause in seen.cause
    assert remedy in seen.remedy


@pytest.mark.usefixtures("brief")
def test_nobody_there_or_nobody_let_in(tmp_path: Path) -> None:
    empty = free_port()
    seen = tried(f"tcp://127.0.0.1:{empty}/3")
    assert seen.cause == f"no distccd listens on 127.0.0.1:{empty}"
    assert f"distccd --daemon --jobs 3 --listen 127.0.0.1 --allow ADDRESS-OF-THIS-MACHINE --port {empty}" in seen.remedy
    with distccd(tmp_path / "closed", allow="192.0.2.1") as closed:
        seen = tried(f"tcp://127.0.0.1:{closed}/3")
    assert "does not let this machine in, or does not know g++" in seen.cause
    seen = tried("tcp://nowhere.invalid/3")
    assert seen.cause == "the name nowhere.invalid is not known here"


@pytest.mark.usefixtures("brief")
def test_a_compiler_here_that_fails_says_nothing_of_a_worker(tmp_path: Path) -> None:
    broken = script(tmp_path / "g++", "echo no >&2; exit 1\n")
    with pytest.raises(BuildError, match="does not compile"):
        tried("tcp://127.0.0.1/1", with_=msgspec.structs.replace(compiler(), cxx=broken))


def test_what_is_no_object_names_no_compiler(tmp_path: Path) -> None:
    (tmp_path / "x.o").write_text("text")
    assert made_by(str(tmp_path / "x.o")) == made_by(str(tmp_path / "none")) == "no object"
