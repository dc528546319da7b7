import os
from pathlib import Path

import msgspec
import pytest

from mxbuild.detect import cpu, detect
from mxbuild.detect.capture import capture
from mxbuild.model import Host
from mxbuild.system import Answer, System
from tests.detect.machine import Build

STATUS = """\
Package: dpkg
Status: install ok installed
Maintainer: Alice <alice@example.org>
Architecture: amd64
Version: 1.2

"""


def lasting(host: Host) -> Host:
    """The host without what changes by itself."""
    memory = msgspec.structs.replace(host.memory, available=host.memory.total, limit=None)
    return msgspec.structs.replace(host, memory=memory, disks=())


def everything(directory: Path) -> str:
    """All names and contents of a tree in one text."""
    parts = []
    for parent, directories, files in os.walk(directory):
        for path in (Path(parent) / name for name in [*files, *directories]):
            parts.append(str(path.relative_to(directory)))
            parts.append(os.readlink(path) if path.is_symlink() else path.read_text() if path.is_file() else "")
    return "\n".join(parts)


def test_this_machine_there_and_back(tmp_path: Path) -> None:
    environ = {**os.environ, "HOME": str(tmp_path), "API_TOKEN": "hunter2"}
    real = capture(System(environ=environ), tmp_path / "captured", places=("/",))
    again = detect(System.captured(tmp_path / "captured"), places=("/",))
    assert lasting(again) == lasting(real)
    assert again.disks[0].total == real.disks[0].total // 1024 * 1024
    text = everything(tmp_path / "captured")
    assert len(text) < 300_000
    assert "hunter2" not in text
    assert "API_TOKEN" not in text
    assert sorted(path.name for path in (tmp_path / "captured" / "root" / "proc" / "self").iterdir()) == [
        "cgroup",
        "mounts",
        "status",
    ]
    assert not (tmp_path / "captured" / "root" / "proc" / "self").is_symlink()


def alices(build: Build) -> System:
    return build(
        {
            "/var/lib/dpkg/status": STATUS,
            "/etc/hostname": "secretbox\n",
            "/proc/self/status": "Uid:\t1000\t1000\t1000\t1000\nCpus_allowed_list:\t0\nGroups:\t4711\n",
            "/proc/self/mounts": "//secretbox/alice /mnt cifs rw 0 0\ncgroup2 /cg cgroup2 rw 0 0\n",
            "/proc/1/environ": "API_TOKEN=hunter2\0container=lxc\0",
            "/proc/cpuinfo": "processor: 0\nmodel name: X\nSerial: 100000007\n\nprocessor: 1\nmodel name: X\n",
            "/var/lib/apt/lists/mirror.secretbox_dists_jammy_InRelease": "signed by alice",
            "/home/alice/.pyenv/versions/3.9.1/include/python3.9/patchlevel.h": '#define PY_VERSION "3.9.1"',
            "/home/alice/.pyenv/version": "3.9.1",
            "/usr/lib/libopenblas.so.0": "\x7fELF alice",
            "/usr/include/cblas.h": "/* by alice */",
            "/home/alice/diary": "dear diary",
        },
        programs=[
            "/usr/bin/make",
            "/usr/bin/apt-get",
            "/usr/bin/sudo",
            "/home/alice/.pyenv/shims/python3",
            "/home/alice/.pyenv/versions/3.9.1/bin/python3.9",
        ],
        links={
            "/home/alice/.pyenv/versions/3.9.1/bin/python3": "/home/alice/.pyenv/versions/3.9.1/bin/python3.9",
            "/usr/lib/libopenblas.so": "/etc/alternatives/libopenblas.so",
            "/etc/alternatives/libopenblas.so": "/usr/lib/libopenblas.so.0",
        },
        answers={
            "/usr/bin/make --version": "GNU Make 4.3\nin /home/alice/bin\n",
            "/usr/bin/sudo -n true": Answer(1, "", "Sorry, user alice may not run sudo on secretbox."),
        },
        environ={
            "HOME": "/home/alice",
            "PATH": "/home/alice/.pyenv/shims:/home/alice/bin:/mnt/c/Users/alice:/usr/bin",
            "CC": "/home/alice/bin/cc",
            "API_TOKEN": "hunter2",
            "JENKINS_URL": "http://secretbox/",
        },
    )


def test_neither_secrets_nor_the_names_of_user_and_host(build: Build, tmp_path: Path) -> None:
    real = capture(alices(build), tmp_path / "captured", places=())
    text = everything(tmp_path / "captured")
    for word in ("alice", "secretbox", "hunter2", "API_TOKEN", "diary", "4711", "100000007", "ELF"):
        assert word not in text.replace("/proc/self", "")
    assert not (tmp_path / "captured/root/home/user/.pyenv/shims").exists()
    again = detect(System.captured(tmp_path / "captured"))
    assert again == msgspec.json.decode(msgspec.json.encode(real).replace(b"/home/alice", b"/home/user"), type=Host)
    assert [p.path for p in again.pythons] == ["/home/user/.pyenv/versions/3.9.1/bin/python3"]
    assert again.environment["CC"] == "/home/user/bin/cc"
    assert again.surroundings.container is not None
    assert again.surroundings.ci is not None
    assert again.apt.lists


def test_a_home_behind_a_link(build: Build, tmp_path: Path) -> None:
    files = {"/data/alice/.pyenv/versions/3.9.1/include/python3.9/patchlevel.h": '#define PY_VERSION "3.9.1"'}
    system = build(
        files,
        programs=["/data/alice/.pyenv/versions/3.9.1/bin/python3.9"],
        links={"/home/alice": "/data/alice", "/data/alice/.pyenv/versions/3.9.1/bin/python3": "python3.9"},
        environ={"HOME": "/home/alice", "PATH": "/usr/bin"},
    )
    capture(system, tmp_path / "captured")
    assert "alice" not in everything(tmp_path / "captured")
    found = detect(System.captured(tmp_path / "captured")).pythons
    assert [(p.path, p.version) for p in found] == [("/home/user/.pyenv/versions/3.9.1/bin/python3", "3.9.1")]


@pytest.mark.parametrize("home", ["", "/", "/root", "relative"])
def test_homes_that_name_nobody(build: Build, tmp_path: Path, home: str) -> None:
    real = capture(build(environ={"HOME": home, "PATH": "/usr/bin", "CC": "/usr/bin/gcc"}), tmp_path / "captured")
    assert detect(System.captured(tmp_path / "captured")) == real


def test_no_link_leads_out_of_the_tree(build: Build, tmp_path: Path) -> None:
    capture(alices(build), tmp_path / "captured")
    root = (tmp_path / "captured" / "root").resolve()
    links = [Path(p) / n for p, d, f in os.walk(root) for n in [*d, *f] if (Path(p) / n).is_symlink()]
    assert len(links) == 3
    assert all(link.resolve().is_relative_to(root) for link in links)


def test_files_are_reduced_to_what_is_looked_at(build: Build, tmp_path: Path) -> None:
    capture(alices(build), tmp_path / "captured")
    root = tmp_path / "captured" / "root"
    assert (root / "var/lib/dpkg/status").read_text() == (
        "Package: dpkg\nStatus: install ok installed\nArchitecture: amd64\nVersion: 1.2\n\n"
    )
    assert (root / "proc/self/mounts").read_text() == "cgroup2 /cg cgroup2 rw 0 0\n"
    assert (root / "proc/1/environ").read_text() == "container=lxc\0"
    assert (root / cpu.INFO.lstrip("/")).read_text() == "processor: 0\nmodel name: X\n\nprocessor: 1\n\n"
    assert (root / "usr/include/cblas.h").read_text() == ""


def test_nvidias_headers_and_a_gpus_identity_stay_where_they_are(build: Build, tmp_path: Path) -> None:
    root = "/usr/local/cuda-11.8"
    gpu = "/proc/driver/nvidia/gpus/0000:3b:00.0/information"
    system = build(
        {
            f"{root}/include/cuda.h": "/* Copyright NVIDIA */\n#define CUDA_VERSION 11080\nint cuInit();\n",
            f"{root}/include/crt/host_config.h": "/* Copyright NVIDIA */\n#if __GNUC__ > 11\n",
            "/usr/include/x86_64-linux-gnu/cudnn_v7.h": "/* Copyright NVIDIA */\n#define CUDNN_MAJOR 7\n"
            "#define CUDNN_MINOR 6\n#define CUDNN_PATCHLEVEL 5\n",
            "/proc/driver/nvidia/version": "Kernel Module  470.82.01  Wed\n",
            gpu: "Model: \t Tesla T4\nGPU UUID: \t GPU-4711\nBus Location: \t 0000:3b:00.0\n",
        },
        programs=[f"{root}/bin/nvcc"],
        links={"/usr/include/cudnn.h": "x86_64-linux-gnu/cudnn_v7.h"},
        answers={"uname -m": "x86_64\n"},
    )
    host = capture(system, tmp_path / "captured")
    text = everything(tmp_path / "captured")
    assert "Copyright" not in text
    assert "GPU-4711" not in text
    assert ([g.name for g in host.gpus], [t.version for t in host.toolkits]) == (["Tesla T4"], ["11.8"])
    assert [library.version for library in host.cuda_libraries] == ["7.6.5"]
    assert detect(System.captured(tmp_path / "captured")) == host


def test_a_directory_in_use_is_left_alone(build: Build, tmp_path: Path) -> None:
    (tmp_path / "kept").write_text("mine")
    with pytest.raises(FileExistsError, match="not empty"):
        capture(build(), tmp_path)
    assert (tmp_path / "kept").read_text() == "mine"


def test_a_lock_is_captured(build: Build, tmp_path: Path) -> None:
    system = build(
        {"/proc/7/comm": "apt-get\n"}, programs=["/usr/bin/apt-get"], answers={"fuser /var/lib/dpkg/lock": " 7"}
    )
    host = capture(system, tmp_path / "captured")
    assert host.apt.lock_holder == "apt-get (7) holds /var/lib/dpkg/lock"
    assert detect(System.captured(tmp_path / "captured")).apt == host.apt


def test_control_characters_survive(build: Build, tmp_path: Path) -> None:
    line = '\x7f\x1b[1m"\\ \t\u2028é\n'
    system = build(answers={"uname -m": f"x86_64 {line}"})
    capture(system, tmp_path / "captured")
    answers = System.captured(tmp_path / "captured").answers
    assert answers is not None
    assert answers["uname -m"] == Answer(0, f"x86_64 {line}")
