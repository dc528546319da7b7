"""Facts out of real files: a small environment with a real library, then one thing after the other taken away."""

import base64
import fcntl
import hashlib
import os
import shutil
import subprocess
import sys
import time
from pathlib import Path

import msgspec
import pytest

from mxbuild.doctor import Facts, findings, probe
from mxbuild.doctor.model import BuildState
from mxbuild.execute import runlog
from mxbuild.locations import Locations
from mxbuild.model import Begun, StepFailed, Verify
from mxbuild.system import System
from tests.ui import values

NAME = "toy-1.2-cpu-py3.11-9f8e7d6c"
LIB = f"python3.{sys.version_info.minor}"
VERIFY = next(planned.step for planned in values.PLAN.steps if isinstance(planned.step, Verify))


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An environment whose library needs another one that lies beside it."""
    root = tmp_path_factory.mktemp("doctor")
    package = root / "prefix" / "envs" / NAME / "lib" / LIB / "site-packages" / "toy"
    package.mkdir(parents=True)
    (root / "a.c").write_text("int other(void); int f(void) { return other(); }\n")
    (root / "b.c").write_text("int other(void) { return 1; }\n")
    shared = ["gcc", "-shared", "-fPIC"]
    subprocess.run([*shared, "-o", package / "libother.so.1", "-Wl,-soname,libother.so.1", root / "b.c"], check=True)
    line = [*shared, "-o", package / "libmxnet.so", root / "a.c", package / "libother.so.1", "-Wl,-rpath,$ORIGIN"]
    subprocess.run(line, check=True)
    info = package.parent / "toy-1.2.dist-info"
    info.mkdir()
    rows = [_row(file, package.parent) for file in sorted(package.iterdir())]
    (info / "RECORD").write_text("\n".join([*rows, "toy-1.2.dist-info/RECORD,,"]) + "\n")
    environment = package.parents[3]
    (environment / "bin").mkdir()
    (environment / "bin" / "python").symlink_to(sys.executable)
    return root


def _row(file: Path, place: Path) -> str:
    digest = base64.urlsafe_b64encode(hashlib.sha256(file.read_bytes()).digest()).rstrip(b"=").decode()
    return f"{file.relative_to(place)},sha256={digest},{file.stat().st_size}"


@pytest.fixture
def where(made: Path, tmp_path: Path) -> Locations:
    root = tmp_path / "here"
    shutil.copytree(made, root, symlinks=True)
    there = Locations(prefix=str(root / "prefix"), cache=str(root / "cache"), state=str(root / "state"))
    wheel = root / "prefix" / "wheels" / "toy.whl"
    wheel.parent.mkdir()
    wheel.write_bytes(b"x" * 5000)
    library = root / "prefix" / "envs" / NAME / "lib" / LIB / "site-packages" / "toy" / "libmxnet.so"
    proof = msgspec.structs.replace(
        values.RECEIPT,
        wheel=str(wheel),
        python_packages={"toy": "1.2"},
        packages={},
        finished=time.time() + 1,
        library_sha256=hashlib.sha256(library.read_bytes()).hexdigest(),
        verification=msgspec.structs.replace(VERIFY, package="toy"),
    )
    (root / "prefix" / "envs" / NAME / "receipt.json").write_bytes(msgspec.json.encode(proof))
    (root / "prefix" / "current").symlink_to(f"envs/{NAME}")
    return there


def look(where: Locations) -> Facts:
    return probe(System(), where, os.environ)


def texts(where: Locations, level: str = "ill") -> str:
    found = [f for f in findings(look(where)) if f.level == level and f.about in (NAME, "current")]
    return "\n".join(f.text for f in found)


def below(where: Locations, name: str) -> Path:
    return Path(where.prefix, "envs", NAME, "lib", LIB, "site-packages", name)


def test_a_whole_environment_is_well(where: Locations) -> None:
    facts = look(where)
    (one,) = facts.environments
    assert (one.name, one.current, one.runs, one.lib, one.altered) == (NAME, True, True, LIB[6:], ())
    assert one.found >= 1
    assert not [f for f in findings(facts) if f.about == NAME]
    assert {p.what for p in facts.places if p.bytes > 0} >= {"environments", "wheels"}


def test_a_library_that_an_upgrade_took_away(where: Locations) -> None:
    below(where, "toy/libother.so.1").rename(below(where, "toy/libother.so.2"))
    assert "libother.so.1, which libmxnet.so needs" in texts(where)


def test_a_file_of_another_size(where: Locations) -> None:
    with below(where, "toy/libother.so.1").open("ab") as file:
        file.write(b"x")
    assert "libother.so.1 was changed" in texts(where)


def test_a_library_of_the_same_size_written_after_it_was_verified(where: Locations) -> None:
    library = below(where, "toy/libmxnet.so")
    content = bytearray(library.read_bytes())
    content[-1] ^= 1
    library.write_bytes(content)
    assert texts(where) == "", "not looked at: older than the receipt"
    later = time.time() + 60
    os.utime(library, (later, later))
    assert "SHA-256" in texts(where)


def test_no_library_no_python_no_current(where: Locations) -> None:
    below(where, "toy/libmxnet.so").write_bytes(b"no ELF")
    assert "cannot be read" in texts(where)
    below(where, "toy/libmxnet.so").unlink()
    assert "its libmxnet.so is gone" in texts(where)
    python = Path(where.prefix, "envs", NAME, "bin", "python")
    python.unlink()
    python.symlink_to("/usr/bin/python3.0")
    assert "its Python (/usr/bin/python3.0) is gone" in texts(where)
    shutil.rmtree(Path(where.prefix, "envs", NAME))
    assert f"is gone: {where.prefix}/envs/{NAME}" in texts(where).replace(os.path.realpath(where.prefix), where.prefix)


def test_what_is_not_there_yet_is_no_illness(tmp_path: Path) -> None:
    nowhere = str(tmp_path / "no" / "where")
    facts = look(Locations(prefix=nowhere, cache=nowhere, state=nowhere))
    assert (facts.environments, facts.builds, facts.places) == ((), (), ())
    assert all(d.writable for d in facts.directories)


def test_a_lock_without_its_owner_names_who_has_it(where: Locations) -> None:
    records = Path(where.state, "builds", "toy-1.2-1a2b3c4d5e6f")
    records.mkdir(parents=True)
    lock = records / "lock"
    lock.write_text("process 999999999: mxbuild install toy\n")
    with lock.open() as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        (build,) = look(where).builds
    assert (build.running, build.alive, build.orphans) == (True, False, (os.getpid(),))
    assert look(where).builds == (), "without a lock and a record there is nothing"


def test_the_step_that_failed_is_known_with_its_log(where: Locations) -> None:
    records = Path(where.state, "builds", "toy-1.2-1a2b3c4d5e6f")
    records.mkdir(parents=True)
    (records / "make.log").write_text("x")
    log = runlog.RunLog(str(records))
    log.watch(begun())
    log.watch(StepFailed(id="make", title="Compile", seconds=1.0, message="a.cc:1: no"))
    (build,) = look(where).builds
    assert (build.recipe, build.step, build.message, build.log) == (
        "toy-1.2", "Compile", "a.cc:1: no", str(records / "make.log"),
    )  # fmt: skip
    log.watch(begun())
    assert isinstance(build, BuildState)
    assert look(where).builds[0].step == "", "begun anew, and stopped"


def begun() -> Begun:
    return runlog.begun(values.PLAN)


def test_it_takes_less_than_two_seconds(where: Locations) -> None:
    for number in range(5):
        shutil.copytree(Path(where.prefix, "envs", NAME), Path(where.prefix, "envs", f"{NAME}{number}"), symlinks=True)
    started = time.process_time()
    assert len(look(where).environments) == 6
    assert time.process_time() - started < 2
