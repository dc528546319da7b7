"""Writes the machines of machines.toml in the form of a capture: one directory each, beside this file.

Run it after a change of machines.toml: `python -m tests.hosts.make_hosts`.
"""

import os
import shutil
import sys
from itertools import pairwise
from pathlib import Path
from typing import Any

from mxbuild import toml
from mxbuild.detect.capture import write_commands
from mxbuild.system import Answer
from tests.hosts import cuda_parts

HERE = Path(__file__).parent
PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
PLACES = (".cache", ".local/share", ".local/state")


class Machine:
    """A tree and answers that grow while parts are added."""

    def __init__(self, data: dict[str, Any], name: str) -> None:
        self.given = (data["machine"] | data["gpu-machine"])[name]
        self.gpus: dict[str, Any] = data["gpu"]
        self.cuda: dict[str, Any] = data["cuda"]
        self.release = data["release"][self.given["release"]]
        self.cpu = data["cpu"][self.given["cpu"]]
        self.arch = self.given.get("arch", "x86_64")
        self.fedora = "base" not in self.release
        self.triplet = f"{self.arch}-linux-gnu"
        self.libraries = "/usr/lib64" if self.fedora else f"/usr/lib/{self.triplet}"
        self.has = self.given.get("has", ["build", "git", "python", "venv"])
        self.home = "/root" if self.given["right"] == "root" else "/home/user"
        self.files: dict[str, str] = {}
        self.links: dict[str, str] = {}
        self.programs: set[str] = set()
        self.answers: dict[str, Answer] = {}
        self.environ = {"HOME": self.home, "PATH": ":".join(filter(None, [PATH, self.given.get("path")]))}

    def program(self, path: str, argument: str = "", stdout: str = "", stderr: str = "", code: int = 0) -> None:
        """A program, and what it says to one argument."""
        self.programs.add(path)
        if argument:
            self.answers[f"{path} {argument}"] = Answer(code, stdout, stderr)

    def alternative(self, path: str, real: str) -> None:
        """A link of Debian's alternatives system."""
        name = f"/etc/alternatives/{path.rsplit('/', 1)[-1]}"
        name += f"-{self.triplet}" if self.triplet in path else ""
        self.links |= {path: name, name: real}
        self.files[real] = ""

    def chain(self, *paths: str) -> None:
        """Links that lead one to the next, and the file at their end."""
        self.links |= dict(pairwise(paths))
        self.files[paths[-1]] = ""

    def followed(self, path: str) -> str:
        """The path with the machine's links above it followed."""
        for link, target in self.links.items():
            if f"{path}/".startswith(f"{link}/"):
                return self.followed(target + path.removeprefix(link))
        return path


def kernel(m: Machine) -> None:
    cores = m.given["cores"]
    kib = m.given["memory"] * 1024
    m.answers["uname -m"] = Answer(0, f"{m.arch}\n")
    m.answers["getconf GNU_LIBC_VERSION"] = Answer(0, f"glibc {m.release['libc']}\n")
    m.files |= {
        "/proc/cpuinfo": "\n".join(f"processor\t: {n}\n{m.cpu if n == 0 else ''}" for n in range(cores)),
        "/proc/meminfo": f"MemTotal: {kib:14} kB\nMemFree: {kib // 2:14} kB\nMemAvailable: {kib * 9 // 10:14} kB\n",
        "/proc/sys/kernel/osrelease": m.given.get("kernel", m.release["kernel"]) + "\n",
        "/sys/devices/system/cpu/online": f"0-{cores - 1}\n" if cores > 1 else "0\n",
        "/usr/lib/os-release": m.release["os-release"],
    }
    m.links["/etc/os-release"] = "/usr/lib/os-release"
    uid = 0 if m.given["right"] == "root" else 1000
    allowed = m.files["/sys/devices/system/cpu/online"]
    m.files["/proc/self/status"] = f"Uid:\t{uid}\t{uid}\t{uid}\t{uid}\nCpus_allowed_list:\t{allowed}"
    for path in ("/", m.home, "/home/user", *(f"{m.home}/{place}/mxbuild" for place in PLACES)):
        disk(m, path)
    if m.release.get("merged-usr", True):
        m.links |= {"/bin": "/usr/bin", "/lib": "/usr/lib"}


def disk(m: Machine, path: str) -> None:
    total, free = 100 << 20, 80 << 20
    head = "Filesystem 1024-blocks Used Available Capacity Mounted on"
    m.answers[f"df -Pk {path}"] = Answer(0, f"{head}\n- {total} {total - free} {free} - {path}\n")


def groups(m: Machine) -> None:
    top = "/sys/fs/cgroup"
    if m.given.get("container"):
        m.files |= {"/.dockerenv": "", "/proc/self/cgroup": "0::/\n", f"{top}/memory.max": "max\n"}
        m.files[f"{top}/cpu.max"] = m.given["quota"] + "\n"
    own = "/user.slice/user-1000.slice/session-3.scope"
    if m.release["cgroup"] == 2:
        m.files["/proc/self/mounts"] = f"cgroup2 {top} cgroup2 rw,nosuid,nodev,noexec,relatime 0 0\n"
        if not m.given.get("container"):
            m.files |= {"/proc/self/cgroup": f"0::{own}\n", f"{top}/user.slice/cpu.max": "max 100000\n"}
            m.files[f"{top}/user.slice/memory.max"] = "max\n"
        return
    m.files["/proc/self/cgroup"] = f"6:memory:/user.slice\n4:cpu,cpuacct:/user.slice\n1:name=systemd:{own}\n"
    m.files["/proc/self/mounts"] = "".join(
        f"cgroup {top}/{name} cgroup rw,nosuid,nodev,noexec,relatime,{name} 0 0\n" for name in ("cpu,cpuacct", "memory")
    )
    m.files |= {
        f"{top}/cpu,cpuacct/user.slice/cpu.cfs_quota_us": "-1\n",
        f"{top}/cpu,cpuacct/user.slice/cpu.cfs_period_us": "100000\n",
        f"{top}/memory/user.slice/memory.limit_in_bytes": "9223372036854771712\n",
        f"{top}/memory/user.slice/memory.usage_in_bytes": "412876800\n",
    }


def rights(m: Machine) -> None:
    if m.given["right"] == "sudo":
        m.program("/usr/bin/sudo", "-n true")
    elif m.given["right"] == "password":
        m.program("/usr/bin/sudo", "-n true", stderr="sudo: a password is required\n", code=1)


def packages(m: Machine) -> None:
    if m.fedora:
        return
    m.program("/usr/bin/apt-get")
    if m.given.get("lists", True):
        m.files["/var/lib/apt/lists/archive_InRelease"] = ""
    chosen = m.release["build"] if "build" in m.has else {p: m.release["build"][p] for p in m.given.get("packages", [])}
    chosen = chosen | m.given.get("more", {})
    native = {"x86_64": "amd64", "aarch64": "arm64"}[m.arch]
    m.files["/var/lib/dpkg/status"] = "".join(
        f"Package: {name}\nStatus: install ok installed\nArchitecture: {native}\nVersion: {version}\n\n"
        for name, version in sorted((m.release["base"] | chosen).items())
        if name not in m.given.get("without", [])
    )


def tools(m: Machine) -> None:
    if "git" in m.has:
        m.program("/usr/bin/git", "--version", f"git version {m.given.get('git', m.release['git'])}\n")
    if "build" not in m.has:
        return
    m.program("/usr/bin/make", "--version", f"GNU Make {m.release['make']}\nBuilt for {m.arch}-pc-linux-gnu\n")
    m.program("/usr/bin/pkg-config", "--version", f"{m.release['pkg-config']}\n")
    m.program("/usr/bin/dot", "-V", stderr=f"dot - graphviz version {m.release['dot']}\n")
    major = m.release["gcc"].split(".")[0]
    target = f"{m.arch}-redhat-linux" if m.fedora else m.triplet
    for name in ("g++", "gcc"):
        if m.fedora:
            m.program(f"/usr/bin/{name}")
            continue
        m.chain(f"/usr/bin/{name}", f"/usr/bin/{name}-{major}", f"/usr/bin/{m.triplet}-{name}-{major}")
        m.program(f"/usr/bin/{m.triplet}-{name}-{major}")
    m.answers["/usr/bin/g++ -dumpfullversion -dumpversion"] = Answer(0, f"{m.release['gcc']}\n")
    m.answers["/usr/bin/g++ -dumpmachine"] = Answer(0, f"{target}\n")


def python(m: Machine) -> None:
    if "python" not in m.has:
        return
    minor = ".".join(m.release["python"].split(".")[:2])
    m.chain("/usr/bin/python3", f"/usr/bin/python{minor}")
    m.program(f"/usr/bin/python{minor}")
    if "venv" in m.has:
        m.files[f"/usr/{'lib64' if m.fedora else 'lib'}/python{minor}/ensurepip/__init__.py"] = ""
    if own := m.given.get("own-python"):  # built from source, as mxbuild itself needs one on an old release
        short = ".".join(own.split(".")[:2])
        m.program(f"/usr/local/bin/python{short}")
        m.files[f"/usr/local/include/python{short}/patchlevel.h"] = f'#define PY_VERSION      	"{own}"\n'
        m.files[f"/usr/local/lib/python{short}/ensurepip/__init__.py"] = ""
    if m.fedora:  # python3-devel
        header = f'#define PY_VERSION      	"{m.release["python"]}"\n'
        m.files[f"/usr/include/python{minor}/patchlevel.h"] = header


def blas(m: Machine) -> None:
    if "build" not in m.has:
        return
    lib, include, version = m.libraries, f"/usr/include/{m.triplet}", m.release["openblas"]
    build = f"libopenblasp-r{version}.so"
    module = f"version={version}\nName: openblas\nVersion: ${{version}}\nLibs: -L${{libdir}} -lopenblas\n"
    if m.release["blas"] == "flat":
        m.files |= {"/usr/include/cblas.h": "", "/usr/include/openblas/cblas.h": ""}
        m.chain("/usr/lib/libopenblas.so", "/usr/lib/libopenblas.so.0", f"/usr/lib/{build}")
        m.alternative("/usr/lib/liblapack.a", "/usr/lib/openblas-base/liblapack.a")
    elif m.release["blas"] == "multiarch":
        m.alternative(f"{include}/cblas.h", f"{include}/cblas-openblas.h")
        m.chain(f"{lib}/libopenblas.so", f"{lib}/libopenblas.so.0", f"{lib}/{build}")
        m.alternative(f"{lib}/liblapack.a", f"{lib}/openblas/liblapack.a")
        m.files[f"{lib}/pkgconfig/openblas.pc"] = f"libdir={lib}\n{module}"
    elif m.release["blas"] == "flavour":
        real = f"{lib}/openblas-pthread"
        m.alternative(f"{include}/cblas.h", f"{include}/openblas-pthread/cblas.h")
        m.alternative(f"{lib}/liblapack.a", f"{real}/liblapack.a")
        m.alternative(f"{lib}/libopenblas.so", f"{real}/libopenblas.so")
        m.chain(f"{real}/libopenblas.so", f"{real}/libopenblas.so.0", f"{real}/{build}")
        m.alternative(f"{lib}/pkgconfig/openblas.pc", f"{real}/pkgconfig/openblas.pc")
        m.files[f"{real}/pkgconfig/openblas.pc"] = f"libdir={real}/\n{module}"
    else:
        m.files["/usr/include/openblas/cblas.h"] = ""
        m.chain(f"{lib}/libopenblas.so", f"{lib}/{build}")


def opencv(m: Machine) -> None:
    if "build" not in m.has:
        return
    lib, name, version = m.libraries, m.release["opencv-name"], m.release["opencv"]
    include = "/usr/include/opencv4" if name == "opencv4" else "/usr/include"
    soname = ".".join(version.split(".")[:2]) if name == "opencv" else version.replace(".", "")[:3]
    m.files |= {
        f"{include}/opencv2/opencv.hpp": "",
        f"{lib}/pkgconfig/{name}.pc": (
            f"prefix=/usr\nexec_prefix=${{prefix}}\nlibdir=${{exec_prefix}}{lib.removeprefix('/usr')}\n"
            f"includedir=${{prefix}}{include.removeprefix('/usr')}\n\nName: OpenCV\n"
            f"Description: Open Source Computer Vision Library\nVersion: {version}\n"
            "Libs: -L${libdir} -lopencv_imgcodecs -lopencv_imgproc -lopencv_core\nCflags: -I${includedir}\n"
        ),
    }
    m.chain(f"{lib}/libopencv_core.so", f"{lib}/libopencv_core.so.{soname}", f"{lib}/libopencv_core.so.{version}")


def write(m: Machine, directory: Path) -> None:
    root = directory / "root"
    for path, text in m.files.items():
        if path not in m.links:
            place = root / path.lstrip("/")
            place.parent.mkdir(parents=True, exist_ok=True)
            place.write_text(text, encoding="utf-8")
    for path in m.programs:
        place = root / path.lstrip("/")
        place.parent.mkdir(parents=True, exist_ok=True)
        place.touch()
        place.chmod(0o755)
    for path, target in m.links.items():
        place = root / path.lstrip("/")
        place.parent.mkdir(parents=True, exist_ok=True)
        place.symlink_to(os.path.relpath(target, os.path.dirname(path)))
    (directory / "commands.toml").write_text(write_commands(m.environ, m.answers), encoding="utf-8")


def names(group: str = "") -> tuple[str, ...]:
    """The machines there are, or those of one table: machine, gpu-machine."""
    data = toml.loads((HERE / "machines.toml").read_text(encoding="utf-8"))
    return tuple(name for table in ("machine", "gpu-machine") if group in ("", table) for name in data[table])


def make(name: str, directory: Path) -> None:
    """Write one machine into a directory that is not there yet."""
    machine = Machine(toml.loads((HERE / "machines.toml").read_text(encoding="utf-8")), name)
    for part in (kernel, groups, rights, packages, tools, python, blas, opencv):
        part(machine)
    cuda = cuda_parts
    for part in (cuda.adapters, cuda.driver, cuda.toolkits, cuda.cudnn, cuda.nccl, cuda.compilers, cuda.other):
        part(machine)
    write(machine, directory)


if __name__ == "__main__":
    for each in sys.argv[1:] or names():
        shutil.rmtree(HERE / each, ignore_errors=True)
        make(each, HERE / each)
