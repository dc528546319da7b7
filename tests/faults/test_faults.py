"""Faults in each step of an install, one after the other: the run that follows goes on, and the last one is whole.

`python -m tests.faults.exhaustive` lets every call of every step fail; here is a sample, in a few seconds.
"""

import ast
import contextlib
import errno
import os
import re
import shutil
import signal
from collections.abc import Callable
from pathlib import Path
from typing import get_args

import pytest

from mxbuild.execute import contents
from mxbuild.model import Step
from tests.faults import disks, memory
from tests.faults.corner import REACHED, STEPS, Corner, Ended
from tests.faults.injection import KINDS, Fault, Kind

pytestmark = pytest.mark.xdist_group("faults")  # one worker: the environment before is made once

TESTS = Path(__file__).parents[1]

ELSEWHERE = {
    "apt": ("execute/test_apt_real.py", "test_in_the_end_the_holder_is_named"),
    "cuda": ("execute/test_toolkit.py", "test_killed_while_it_is_put_together_the_next_run_makes_it_whole"),
    "store": ("faults/test_faults.py", "test_a_wheel_out_of_a_store_that_fails_is_fetched_again"),
    "vendored": ("faults/test_faults.py", "test_a_vendored_file_whose_unpacking_fails_is_unpacked_by_the_next_run"),
}
"""Steps that the path here does not have -> where they are made to fail."""

SAMPLE: tuple[tuple[str, Kind, float], ...] = (
    ("source", "kill", 0.3), ("source", "ENOSPC", 0.6), ("source", "EIO", 0.95),
    ("make", "kill", 0.5), ("make", "EACCES", 0.3), ("make", "ENOSPC", 0.9),
    ("wheel", "kill", 0.75), ("wheel", "EIO", 0.5), ("wheel", "ENOSPC", 0.85),
    ("environment", "kill", 0.7), ("environment", "ENOSPC", 0.5),
    ("verify", "kill", 0.8), ("verify", "EACCES", 0.5),
    ("activate", "kill", 0.6), ("activate", "ENOSPC", 0.6), ("activate", "EIO", 0.9), ("activate", "kill", 0.95),
)  # fmt: skip
"""Step, what goes wrong, and how far through its calls; the kill first, since it leaves the step undone."""
CALLS = {"source": 57, "make": 54, "wheel": 42, "environment": 35, "verify": 42, "activate": 57}
"""How many there are, about; the exhaustive run counts them."""


@pytest.fixture(scope="module")
def before(tmp_path_factory: pytest.TempPathFactory, copying: str) -> Corner:
    """A corner with one environment, saved."""
    corner = Corner(tmp_path_factory.mktemp("faults") / "corner", copying)
    ended = corner.run(*corner.install(0))
    assert ended.code == 0, ended.said
    corner.settled(ended)
    corner.save()
    return corner


@pytest.fixture
def corner(before: Corner) -> Corner:
    before.restore()
    return before


def test_every_kind_of_step_is_made_to_fail() -> None:
    tags = {tag.__struct_config__.tag for tag in get_args(Step)}
    assert tags == {*STEPS, *ELSEWHERE}, "a new kind of step needs a case"
    for file, name in ELSEWHERE.values():
        module = ast.parse((TESTS / file).read_text())
        assert name in {node.name for node in module.body if isinstance(node, ast.FunctionDef)}
    assert {step for step, _, _ in SAMPLE} == set(STEPS)


def test_whatever_fails_the_same_command_goes_on_and_the_environment_before_works(corner: Corner) -> None:
    previous, command = corner.current(), corner.install(1)
    seen = set()
    for step in STEPS:
        for _, kind, share in (row for row in SAMPLE if row[0] == step):
            fault = Fault(kind, max(1, round(CALLS[step] * share)))
            ended = corner.run(*command, fault=fault, stop=step)
            corner.settled(ended)
            seen.add((step, ended.code))
            assert corner.current() == previous or step == "activate", (step, str(fault), ended.fault)
        ended = corner.run(*command, stop=step)
        assert ended.code in (REACHED, 0), ended.said
    ended = corner.run(*command)
    assert ended.code == 0, ended.said
    corner.settled(ended)
    assert corner.current() not in ("", previous)
    assert {step for step, code in seen if code == -signal.SIGKILL} == set(STEPS), "they do fail"
    assert {code for _, code in seen} >= {9, -signal.SIGKILL}
    assert corner.run("rollback").code == 0
    assert corner.current() == previous


def test_a_disk_is_full_until_there_is_room(corner: Corner) -> None:
    """A real file system, a little larger each time: git, gcc, ar, pip and mxbuild are those that cannot write."""
    if not disks.mountable():
        pytest.skip("this machine has no mount namespaces for its users (unshare -Urm)")
    disk = corner.root / "prefix" / "disk"
    disk.mkdir()
    words = [*corner.install(1), "--prefix", f"{disk}/prefix"]
    seen: list[int] = []

    def grow(once: Callable[[], int]) -> int:
        resize = disks.own(str(disk))
        os.environ |= {"MXBUILD_CACHE_DIR": f"{disk}/cache", "MXBUILD_STATE_DIR": f"{disk}/state"}
        for size in (1 << n for n in range(14, 26)):
            resize(size)
            code = once()
            print(f"== {size}: {code}", flush=True)
            if code == 0:
                return 0
        return 1

    ended = corner.run(*words, within=grow)
    assert ended.code == 0, ended.said
    seen = [int(code) for code in re.findall(r"^== \d+: (\d+)$", ended.said, re.MULTILINE)]
    assert len(seen) > 4, "it began too large to be full"
    assert set(seen[:-1]) <= {5, 7, 9}, seen
    runs = re.split(r"^== .*$", ended.said, flags=re.MULTILINE)[: len(seen) - 1]
    for said in runs:  # git says of its own settings only that it cannot write them
        assert re.search(r"disk is full|No space left|failed to write", said), said
    disk.rmdir()
    corner.settled(ended)


def test_what_the_kernel_ends_for_memory_is_gone_on_from(corner: Corner) -> None:
    """A real limit: whatever of mxbuild, git, gcc and pip takes the most is ended."""
    if reason := memory.unable():
        pytest.skip(reason)
    previous, command, codes = corner.current(), corner.install(1), set[int]()
    for megabytes in (2, 24):
        with memory.limited(megabytes << 20) as enter:
            ended = corner.run(*command, within=lambda once, enter=enter: (enter(), once())[1])  # type: ignore[misc]
            corner.settled(ended)
        codes.add(ended.code)
        assert corner.current() == previous or ended.code == 0
    assert codes - {0}, "there was enough"
    ended = corner.run(*command)
    assert ended.code == 0, ended.said
    assert corner.current() not in ("", previous)


def test_a_wheel_out_of_a_store_that_fails_is_fetched_again(corner: Corner) -> None:
    previous, store = corner.current(), corner.root / "shop" / "store"
    assert corner.run(*corner.install(2)).code == 0
    assert corner.run("push", "--store", str(store)).code == 0
    corner.run("rollback")
    assert corner.run("uninstall", "--wheel", "--yes", corner_name(corner, previous)).code == 0
    shutil.rmtree(corner.root / "cache/trees")
    command = (*corner.install(2), "--store", str(store))
    codes: list[int] = []
    for number in range(9, 99, 2):
        shutil.rmtree(corner.root / "state/builds", ignore_errors=True)  # no journal: it is to be fetched
        ended = corner.run(*command, fault=Fault(KINDS[number // 2 % len(KINDS)], number), stop="wheel")
        if not ended.fault:
            break
        corner.settled(ended)
        codes.append(ended.code)
        assert corner.current() == previous
    assert {9, -signal.SIGKILL} <= set(codes), codes
    ended = corner.run(*command)
    assert ended.code == 0, ended.said
    assert "fetched from" in ended.said
    corner.settled(ended)


def test_one_file_that_was_altered_is_named_and_put_right(corner: Corner) -> None:
    """It has the size and the time that it had: only its RECORD knows."""
    (place,) = contents.places(f"{corner.prefix}/envs/{corner.current()}")
    for victim in (Path(place, "mxnet/__init__.py"), Path(place, "alpha/__init__.py")):
        content, times = victim.read_bytes(), victim.stat()
        victim.unlink()  # what was saved shares its files
        victim.write_bytes(content[:-1] + b"#")
        os.utime(victim, ns=(times.st_atime_ns, times.st_mtime_ns))
        seen = corner.run("verify")
        assert (seen.code, f"files: {victim} was changed" in " ".join(seen.said.split())) == (8, True), seen.said
        assert corner.run("verify", "--repair").code == 0
        assert victim.read_bytes() == content
    assert corner.current()


@pytest.mark.parametrize("umask", [0o000, 0o777])
def test_whatever_the_umask_records_are_private_and_the_wheel_is_the_same(corner: Corner, umask: int) -> None:
    """What others may read of an install is as the umask says, like pip's and cargo's; the wheel's members never."""
    name = corner.current()
    wheels = {path.name: path.read_bytes() for path in corner.prefix.rglob("*.whl")}
    for place in ("prefix", "cache", "state"):
        shutil.rmtree(corner.root / place)
    ended = corner.run(*corner.install(0), within=lambda once: (os.umask(umask), once())[1])
    assert ended.code == 0, ended.said
    assert corner.current() == name
    assert {path.name: path.read_bytes() for path in corner.prefix.rglob("*.whl")} == wheels
    assert (corner.root / "state").stat().st_mode & 0o777 == 0o700
    (site,) = contents.places(f"{corner.prefix}/envs/{name}")
    prefix = corner.prefix
    ours = [prefix, prefix / "envs", *prefix.rglob("*.whl"), prefix / "current/receipt.json"]
    ours += [path for path in Path(site, "mxnet").rglob("*") if path.is_file()]
    rights = {path: path.stat().st_mode & 0o066 for path in ours}  # pip lets all execute what it lets none read
    assert set(rights.values()) == {0 if umask else 0o044}, rights
    every = [path for place in ("prefix", "cache") for path in (corner.root / place).rglob("*")]
    assert [path for path in every if not path.is_symlink() and path.stat().st_mode & 0o022] == []


def test_a_vendored_file_whose_unpacking_fails_is_unpacked_by_the_next_run(corner: Corner) -> None:
    previous, file = corner.current(), corner.root / "shop" / "tiny.tar"
    gather = ("vendor", "tiny", "--no-apt", "--no-mxbuild", "--python", corner.python, "-o", str(file))
    early: set[bytes] = set()
    for number in (3, 7, 8, 9, 10):
        ended = corner.run(*gather, fault=Fault(KINDS[number % len(KINDS)], number))
        corner.settled(ended)
        if file.exists():
            early.add(file.read_bytes())
            file.unlink()
    assert corner.run(*gather).code == 0
    assert early <= {file.read_bytes()}, "half of it"
    command, codes = (*corner.install(2), "--vendored", str(file)), list[int]()
    for number in range(5, 99, 3):
        shutil.rmtree(corner.root / "cache/vendored", ignore_errors=True)
        ended = corner.run(*command, fault=Fault(KINDS[number % len(KINDS)], number), stop="vendored")
        if not ended.fault:
            break
        corner.settled(ended)
        codes.append(ended.code)
        assert corner.current() == previous
    assert {9, -signal.SIGKILL} <= set(codes), codes
    ended = corner.run(*command)
    assert ended.code == 0, ended.said
    corner.settled(ended)


def corner_name(corner: Corner, other: str) -> str:
    """The environment that is there besides another one."""
    (name,) = {p.name for p in (corner.prefix / "envs").iterdir()} - {other}
    return name


def test_a_fault_that_is_swallowed_would_be_seen(corner: Corner) -> None:
    """The harness itself: a fault at a call that decides makes the run fail, with the disk's own exit code."""
    ended = corner.run("uninstall", "--yes", corner.current(), fault=Fault("EACCES", 2))
    assert ended.fault.startswith("rename ")
    assert (ended.code, os.strerror(errno.EACCES) in ended.said) == (2, True)
    assert corner.current()


@pytest.mark.parametrize(
    ("code", "fault", "left", "fine"),
    [
        (0, "", "mxbuild-x-1", False),
        (9, "unlink /tmp/mxbuild-x-1/a/b", "mxbuild-x-1/a/b", True),
        (9, "unlink /tmp/mxbuild-x-1/a/b", "mxbuild-x-1/a/c", False),
        (9, "rename /tmp/mxbuild-x-1/a/b", "mxbuild-x-1/a/b", False),
        (9, "unlink /tmp/mxbuild-x-2/b", "mxbuild-x-1/b", False),
        (-signal.SIGKILL, "write /tmp/abcdefgh", "abcdefgh", True),
        (-signal.SIGKILL, "unlink /tmp/abcdefgh", "abcdefgi", False),
        (-signal.SIGKILL, "open /cache/a", "mxbuild-x-1/a", True),
    ],
)
def test_a_scratch_file_that_is_left_would_be_seen(
    corner: Corner, code: int, fault: str, left: str, fine: bool
) -> None:
    """The harness itself: what a call was not let to delete may be there, and nothing else."""
    file = corner.root / "tmp" / left
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text("")
    with contextlib.nullcontext() if fine else pytest.raises(AssertionError, match="scratch files are left"):
        corner.settled(Ended(code, "", fault, 0))
