"""One machine, with something of everything that a screen can show."""

from mxbuild.model import Apt, Compiler, Cpu, Disk, Fact, Host, Library, Memory, Note, Os, Python, Surroundings, Tool

GIB = 1 << 30
LIB = "/usr/lib/x86_64-linux-gnu"

HOST = Host(
    os=Os(
        id="debian", version="12", codename="bookworm", like=(), pretty="Debian GNU/Linux 12 (bookworm)",
        source="/etc/os-release", arch=Fact("x86_64", "uname -m"), triplet="x86_64-linux-gnu",
        kernel=Fact("6.1.0-18-amd64", "/proc/sys/kernel/osrelease"), libc=Fact("2.36", "ldd --version"),
    ),
    cpu=Cpu(
        model=Fact("AMD EPYC 7763 64-Core Processor", "/proc/cpuinfo"), microarchitecture=Fact("zen3", "archspec"),
        features=Fact("fpu sse2 pni avx2", "/proc/cpuinfo"),
        online=Fact(64, "/sys/devices/system/cpu/online"), affinity=Fact(64, "/proc/self/status"),
        quota=Fact(2.5, "/sys/fs/cgroup/cpu.max"),
    ),
    memory=Memory(
        total=Fact(16 * GIB, "/proc/meminfo"), available=Fact(15 * GIB, "/proc/meminfo"),
        limit=Fact(3 * GIB, "/sys/fs/cgroup/memory.max"),
    ),
    disks=(Disk(path="/home/user/.cache/mxbuild", free=81_200_000_000, total=200_000_000_000, source="statvfs"),),
    compilers=(
        Compiler(
            cxx="/usr/bin/g++", cc="/usr/bin/gcc", family="gcc", version="12.2.0", target="x86_64-linux-gnu",
            source="g++ -dumpfullversion",
        ),
        Compiler(
            cxx="/usr/bin/g++-11", cc="", family="gcc", version="11.3.0", target="x86_64-linux-gnu",
            source="g++-11 -dumpfullversion",
        ),
    ),
    tools={
        "make": Tool(name="make", path="/usr/bin/make", version="4.3", source="make --version"),
        "git": Tool(name="git", path="/usr/bin/git", version="2.39.5", source="git --version"),
    },
    libraries={
        "blas": Library(
            name="blas", provider="openblas", version="0.3.21", header="/usr/include/x86_64-linux-gnu/cblas.h",
            library="libopenblas.so", directory=LIB, real=f"{LIB}/openblas-pthread/libopenblas.so",
            pkg_config="openblas",
            source=f"{LIB}/pkgconfig/openblas.pc",
        ),
        "opencv": Library(
            name="opencv", provider="opencv", version="4.6.0", header="/usr/include/opencv4/opencv2/core.hpp",
            library="libopencv_core.so", directory=LIB, real=f"{LIB}/libopencv_core.so", pkg_config="opencv4",
            source=f"{LIB}/pkgconfig/opencv4.pc",
        ),
    },
    pythons=(
        Python(path="/usr/bin/python3", version="3.11.2", venv=True, system=True, source="/usr/bin/python3"),
        Python(path="/usr/local/bin/python3.6", version="3.6.15", venv=False, system=False, source="PATH"),
    ),
    apt=Apt(
        path="/usr/bin/apt-get", right="none", right_source="not root, and `sudo -n true` says no", interrupted=True,
        lock_holder="unattended-upgr (812)", lists=True, source="/usr/bin/apt-get",
    ),
    packages={"git": "1:2.39.5", "make": "4.3"},
    surroundings=Surroundings(container=Fact("docker", "/.dockerenv"), wsl=None, ci=Fact("github", "GITHUB_ACTIONS")),
    environment={"CONDA_PREFIX": "/opt/conda", "LD_LIBRARY_PATH": "/opt/conda/lib"},
    notes=(Note("python", "/usr/local/bin/python3.6 has no ensurepip"),),
)  # fmt: skip
