"""The machine behind a root directory: links stay inside, odd paths do no harm, locks are seen."""

import fcntl
import os
import sys
from pathlib import Path

import pytest

from mxbuild.process import output
from mxbuild.system import LIMIT, Answer, System

HOLD = """
import fcntl, sys
file = open(sys.argv[1], "r+b")
fcntl.lockf(file, fcntl.LOCK_EX)
print("held", flush=True)
sys.stdin.read()
"""


def test_links_are_followed_as_seen_from_the_root(tmp_path: Path) -> None:
    root = tmp_path / "root"
    (root / "usr" / "lib").mkdir(parents=True)
    (root / "usr" / "lib" / "a").write_text("inside")
    (root / "usr" / "lib" / "run").write_text("")
    (root / "usr" / "lib" / "run").chmod(0o755)
    (root / "lib").symlink_to("/usr/lib")
    (root / "b").symlink_to("/lib/a")
    (root / "out").symlink_to("/etc/passwd")
    (root / "up").symlink_to("../../../../etc/passwd")
    system = System(str(root), {}, {})
    assert system.read("/b") == "inside"
    assert system.realpath("/b") == "/usr/lib/a"
    assert system.readlink("/b") == "/lib/a"
    assert system.listdir("/lib") == ("a", "run")
    assert system.is_dir("/lib")
    assert system.executable("/lib/run")
    assert (system.read("/out"), system.read("/up")) == (None, None)
    assert not system.exists("/out")


def test_paths_that_match_are_absolute_as_seen_from_the_root(tmp_path: Path) -> None:
    (tmp_path / "usr" / "cuda-9.0").mkdir(parents=True)
    (tmp_path / "[a]" / "usr" / "cuda-9.0").mkdir(parents=True)
    assert System(str(tmp_path), {}, {}).glob("/usr/cuda-*") == ("/usr/cuda-9.0",)
    assert System(str(tmp_path / "[a]"), {}, {}).glob("/usr/cuda-*") == ("/usr/cuda-9.0",)
    assert System().glob(f"{tmp_path}/usr/cuda-*") == (f"{tmp_path}/usr/cuda-9.0",)


def test_a_ring_of_links_ends(tmp_path: Path) -> None:
    (tmp_path / "a").symlink_to("b")
    (tmp_path / "b").symlink_to("/a")
    system = System(str(tmp_path), {}, {})
    assert system.read("/a") is None
    assert not system.exists("/a")


@pytest.mark.parametrize("root", ["/", "fake"])
@pytest.mark.parametrize("path", ["/a\0b", "/" + "x" * 5000, "/\udcff/\udcfe", "/etc/passwd/below"])
def test_impossible_paths_are_absent(tmp_path: Path, root: str, path: str) -> None:
    system = System("/" if root == "/" else str(tmp_path), {}, None if root == "/" else {})
    assert system.read(path) is None
    assert system.glob(f"{path}/*/x") == ()
    assert not system.exists(path)
    assert not system.is_dir(path)
    assert not system.executable(path)
    assert system.listdir(path) == ()
    assert system.readlink(path) is None
    assert system.realpath(path)
    assert system.lock_holder(path) is None


def test_kernel_files_that_refuse_large_requests_are_read() -> None:
    assert System().read("/proc/sys/kernel/osrelease") == f"{os.uname().release}\n"


def test_a_huge_file_is_cut_and_not_more_is_read(tmp_path: Path) -> None:
    (tmp_path / "big").write_bytes(b"x" * (LIMIT + 10))
    text = System().read(str(tmp_path / "big"))
    assert text is not None
    assert len(text) == LIMIT


def test_undecodable_bytes_are_escaped(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"\xffok")
    assert System().read(str(tmp_path / "a")) == "\\xffok"


@pytest.mark.parametrize("opened", [True, False])
def test_who_holds_a_lock(tmp_path: Path, opened: bool) -> None:
    """By the kernel's answer for the file, and by the list of all locks, for those who may not open it."""
    lock = tmp_path / "lock"
    lock.write_text("")
    system = System()
    ask = system.lock_holder if opened else system.listed_lock
    assert ask(str(lock)) is None
    pid, read_end, hold = _child_with_lock(lock)
    try:
        assert os.read(read_end, 4) == b"held"
        assert ask(str(lock)) == pid
    finally:
        os.close(hold)
        os.waitpid(pid, 0)
        os.close(read_end)
    assert ask(str(lock)) is None


def _child_with_lock(path: Path) -> tuple[int, int, int]:
    """(pid, end that says "held", end whose closing lets the child go)."""
    said, say = os.pipe()
    wait, hold = os.pipe()
    pid = os.posix_spawn(
        sys.executable,
        [sys.executable, "-I", "-S", "-c", HOLD, str(path)],
        {},
        file_actions=[(os.POSIX_SPAWN_DUP2, say, 1), (os.POSIX_SPAWN_DUP2, wait, 0)],
    )
    os.close(say)
    os.close(wait)
    return pid, said, hold


def test_a_recorded_lock() -> None:
    system = System(
        "/nowhere", {}, {"fuser /a": Answer(0, " 4711\n"), "fuser /b": Answer(0, " x"), "fuser /c": Answer(1, " 5")}
    )
    assert [system.lock_holder(f"/{name}") for name in "abcd"] == [4711, None, None, None]


def test_own_locks_are_nobodys_else(tmp_path: Path) -> None:
    with (tmp_path / "lock").open("w") as file:
        fcntl.lockf(file, fcntl.LOCK_EX)
        assert System().lock_holder(str(tmp_path / "lock")) is None


def test_probes_see_a_clean_language() -> None:
    answer = System(environ={"LC_ALL": "de_DE.UTF-8", "LANGUAGE": "de"}).run(
        [sys.executable, "-c", "import os; print(os.environ['LC_ALL'])"]
    )
    assert answer == Answer(0, "C.UTF-8\n")
    assert output([sys.executable, "-c", "print(1)"], env={}, cwd="/") == (0, "1\n", "")
