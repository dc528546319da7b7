"""The whole of detection: it never raises, runs nothing that it should not, and gives the same each time."""

import os
import stat
import tempfile
import zlib
from collections.abc import Sequence
from pathlib import Path

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mxbuild.detect import cpu, detect, operating_system
from mxbuild.model import Host
from mxbuild.system import Answer, System
from tests.detect.machine import Build, asking
from tests.hosts.make_hosts import HERE, names

FRAGMENTS = (
    *("0::/a/../..\n", "4:memory,cpu:/x\n", "cgroup2 /cg cgroup2 rw 0 0\n", "cgroup /cg/cpu cgroup rw,cpu 0 0\n"),
    *("0-1,5", "1-99999999999999999999", "9" * 5000, "-1", "max 100000", "200000 0", "9223372036854771712"),
    *("Uid:\t0\t0\t0\t0\n", "Uid:\t1000\tx\n", "Cpus_allowed_list:\t0-3\n", "MemTotal: 5 kB\n", "processor\t: 0\n\n"),
    *(
        "Package: dpkg\nStatus: install ok installed\nArchitecture: amd64\nVersion: 1\n\n",
        "Version: ",
        "\n\n",
        "\0",
        '"',
    ),
    *('ID="ub', "VERSION_ID=1\n", "prefix=${prefix}\n", "Version: ${u}${u}\n", "Libs: -L/x -L\n", "home = /x/bin\n"),
    *(
        '#define PY_VERSION "3.9.1"\n',
        '#define OPENBLAS_VERSION " OpenBLAS 0.3"\n',
        "3.9\nsystem\n",
        "aarch64\n",
        "x86_64\n",
    ),
    *(
        "GNU Make 4.3",
        "git version 2",
        "12.2.0\n",
        "clang version 14",
        "cpython 3.8.1\n",
        "flags : avx avx2\n",
        "\udcff",
    ),
)
NAMES = ("g++", "g++-12", "clang++", "python3", "python3.9", "shims", "0001", "3.9.1", "..", "", "\udcff", "a\0b")

texts = st.lists(st.one_of(st.sampled_from(FRAGMENTS), st.text(max_size=20)), max_size=6).map("".join)
file_texts = texts.map(lambda text: text.replace("\udcff", "\\udcff"))  # what System.read gives is always UTF-8
environments = st.dictionaries(
    st.sampled_from(["HOME", "PATH", "PYENV_ROOT", "PYENV_VERSION", "CONDA_PREFIX", "PKG_CONFIG_PATH", "CI", "CC"]),
    st.one_of(texts, st.sampled_from(["/", "/a:/b/shims:relative:", "/home/\udcff"])),
)


class Noise(System):
    """A machine that gives any answer to any question, the same one to the same question."""

    def __init__(self, environ: dict[str, str], pool: Sequence[str], numbers: Sequence[int]) -> None:
        super().__init__("/nowhere/at/all", environ, {})
        self.pool, self.numbers = pool, numbers

    def draw(self, question: str) -> int:
        return zlib.crc32(f"{len(self.pool)}{question}".encode("utf-8", "surrogatepass"))

    def pick(self, question: str) -> str:
        return self.pool[self.draw(question) % len(self.pool)]

    def read(self, path: str) -> str | None:
        return self.pick(path) if self.draw(path) % 5 else None

    def exists(self, path: str) -> bool:
        return bool(self.draw(path) % 3)

    is_dir = executable = exists

    def listdir(self, path: str) -> tuple[str, ...]:
        return tuple(name for name in NAMES if self.draw(path + name) % 2)

    def glob(self, pattern: str) -> tuple[str, ...]:
        return self.listdir(pattern)

    def realpath(self, path: str) -> str:
        return path if self.draw(path) % 2 else f"/{NAMES[self.draw(path) % len(NAMES)]}"

    def readlink(self, path: str) -> str | None:
        return None

    def run(self, argv: Sequence[str], timeout: float = 10.0) -> Answer | None:
        line = " ".join(argv)
        return Answer(self.draw(line) % 3, self.pick(line), self.pick(line + "2")) if self.draw(line) % 7 else None

    def lock_holder(self, path: str) -> int | None:
        return self.numbers[0]

    def disk(self, path: str) -> tuple[int, int] | None:
        return self.numbers[0], self.numbers[1]


class Damaged(System):
    """A captured machine whose files and answers are cut or spoilt."""

    def __init__(self, machine: str, cut: int, spoil: str) -> None:
        known = System.captured(HERE / machine)
        super().__init__(known.root, known.environ, known.answers)
        self.cut, self.spoil = cut, spoil

    def damage(self, question: str, text: str) -> str:
        place = zlib.crc32(f"{self.cut}{question}".encode()) % (len(text) + 1)
        return text[:place] + self.spoil + (text[place + 1 :] if self.cut % 2 else "")

    def read(self, path: str) -> str | None:
        text = super().read(path)
        return None if text is None else self.damage(path, text)

    def run(self, argv: Sequence[str], timeout: float = 10.0) -> Answer | None:
        answer = super().run(argv, timeout)
        return answer and Answer(answer.code, self.damage(argv[0], answer.stdout), self.damage(argv[0], answer.stderr))


def sound(host: Host) -> None:
    """It can be written down and read back, and its numbers can be reckoned with."""
    assert msgspec.json.decode(msgspec.json.encode(host), type=Host) == host
    assert host.cpu.online.value >= 1
    assert host.cpu.affinity.value >= 1
    assert host.cpu.quota is None or host.cpu.quota.value > 0
    assert 0 <= host.memory.total.value < 1 << 63
    assert all(0 <= disk.free < 1 << 63 and 0 <= disk.total < 1 << 63 for disk in host.disks)
    assert all(note.topic and note.text for note in host.notes)


@settings(max_examples=60, deadline=None)
@given(
    environments,
    st.lists(file_texts, min_size=1, max_size=40),
    st.lists(st.integers(-5, 1 << 70), min_size=2, max_size=2),
)
def test_no_machine_is_strange_enough_to_raise(environ: dict[str, str], pool: list[str], numbers: list[int]) -> None:
    sound(detect(Noise(environ, pool, numbers)))


@settings(max_examples=60, deadline=None)
@given(st.sampled_from(names()), st.integers(0, 1 << 30), file_texts)
def test_damaged_files_and_answers_give_notes_only(machine: str, cut: int, spoil: str) -> None:
    sound(detect(Damaged(machine, cut, spoil), places=("/home/user",)))


@settings(max_examples=100, deadline=None)
@given(st.one_of(st.binary(max_size=200), texts.map(lambda text: text.encode("utf-8", "surrogateescape"))))
def test_any_bytes_as_os_release(data: bytes) -> None:
    with tempfile.TemporaryDirectory() as directory:
        (Path(directory) / "etc").mkdir()
        (Path(directory) / "etc" / "os-release").write_bytes(data)
        system = System(directory, {}, {})
        assert operating_system.look(system, asking(system), []).id


@settings(max_examples=100, deadline=None)
@given(
    st.sampled_from(["x86_64", "aarch64", "ppc64le", ""]),
    st.dictionaries(st.sampled_from(["vendor_id", "flags", "Features", "CPU implementer", "CPU part"]), st.text()),
)
def test_any_cpuinfo_has_a_microarchitecture(arch: str, info: dict[str, str]) -> None:
    assert cpu.microarchitecture(arch, info) or not arch


@pytest.mark.parametrize("machine", ["debian-12", "ubuntu-16.04"])
def test_the_same_machine_gives_the_same_host(machine: str) -> None:
    first, *others = [detect(System.captured(HERE / machine)) for _ in range(5)]
    assert all(other == first for other in others)


def test_an_empty_root(build: Build) -> None:
    host = detect(build())
    sound(host)
    assert (host.compilers, host.tools, host.libraries, host.pythons, host.packages) == ((), {}, {}, (), {})
    assert {note.topic for note in host.notes} == {"os", "cpu", "memory", "disk"}


def test_names_that_are_no_text_are_escaped(build: Build) -> None:
    system = build(
        environ={"HOME": "/home/\udcff", "CC": "\udcfe", "PATH": "/usr/bin"},
        answers={"df -Pk /home/\udcff": "x\n- 4 3 1 1% /\n"},
    )
    host = detect(system)
    sound(host)
    assert host.environment == {"CC": "\\udcfe"}
    assert [disk.path for disk in host.disks] == ["/home/\\udcff"]


def script(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"#!/bin/sh\n{text}\n")
    path.chmod(path.stat().st_mode | stat.S_IXUSR)


def test_under_a_fake_root_nothing_runs(tmp_path: Path) -> None:
    ran = tmp_path / "ran"
    for name in ("g++", "make", "git", "python3", "apt-get", "sudo", "uname", "getconf", "ischroot", "df", "fuser"):
        script(tmp_path / "root" / "usr" / "bin" / name, f"touch {ran}")
    environ = {"HOME": "/root", "PATH": f"/usr/bin:{tmp_path}/root/usr/bin"}
    host = detect(System(str(tmp_path / "root"), environ, {}))
    assert not ran.exists()
    assert host.apt.path == "/usr/bin/apt-get"
    assert any("does not say its version" in note.text for note in host.notes)


def test_no_shim_of_pyenv_is_started(tmp_path: Path) -> None:
    home, ran = tmp_path / "home", tmp_path / "ran"
    for name in ("python3", "python3.9", "cmake", "make", "git", "g++", "g++-12", "sudo", "dot", "ccache"):
        script(home / ".pyenv" / "shims" / name, f"touch {ran}")
    prefix = home / ".pyenv" / "versions" / "3.9.18"
    script(prefix / "bin" / "python3.9", f"touch {ran}")
    (prefix / "bin" / "python3").symlink_to("python3.9")
    header = prefix / "include" / "python3.9" / "patchlevel.h"
    header.parent.mkdir(parents=True)
    header.write_text('#define PY_VERSION "3.9.18"\n')
    (home / ".pyenv" / "version").write_text("3.9.18\n")
    host = detect(System(environ={"HOME": str(home), "PATH": f"{home}/.pyenv/shims:/usr/bin:/bin"}))
    assert not ran.exists()
    assert (host.pythons[0].path, host.pythons[0].version) == (f"{prefix}/bin/python3", "3.9.18")


def test_this_machine() -> None:
    host = detect(System(), places=("/",))
    sound(host)
    assert host.os.arch.value == os.uname().machine
    assert host.cpu.affinity.value == len(os.sched_getaffinity(0))
    assert host.memory.total.value == os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    assert [disk.path for disk in host.disks] == ["/"]
    assert (host.apt.right == "root") == (os.geteuid() == 0 and bool(host.apt.path))
