"""What the machine stands in: container, WSL, CI; and the caller's variables that can bend a build."""

from mxbuild.detect.operating_system import KERNEL
from mxbuild.detect.programs import Ask
from mxbuild.model import Fact, Surroundings
from mxbuild.system import System

MARKS = (("/run/.containerenv", "podman"), ("/.dockerenv", "docker"))
INIT = "/proc/1/environ"
KUBERNETES = "KUBERNETES_SERVICE_HOST"

CI = {
    "GITHUB_ACTIONS": "github",
    "GITLAB_CI": "gitlab",
    "JENKINS_URL": "jenkins",
    "CIRCLECI": "circleci",
    "BUILDKITE": "buildkite",
    "TF_BUILD": "azure",
    "TRAVIS": "travis",
    "CI": "yes",
}
"""Variable -> service, the particular ones before the general one."""

NO = ("", "0", "false", "no")

BENDING = (
    *("CC", "CXX", "CPP", "CFLAGS", "CXXFLAGS", "CPPFLAGS", "LDFLAGS", "MAKEFLAGS", "GNUMAKEFLAGS"),
    *("CPATH", "C_INCLUDE_PATH", "CPLUS_INCLUDE_PATH", "LIBRARY_PATH", "LD_LIBRARY_PATH", "LD_PRELOAD"),
    *("COMPILER_PATH", "GCC_EXEC_PREFIX", "PKG_CONFIG_PATH", "PKG_CONFIG_LIBDIR", "PKG_CONFIG_SYSROOT_DIR"),
    *("CONDA_PREFIX", "VIRTUAL_ENV", "PYTHONPATH", "PYTHONHOME", "PYENV_VERSION"),
    *("CUDA_HOME", "CUDA_PATH", "CUDA_ROOT", "CUDNN_ROOT", "NCCL_ROOT", "CUDA_VISIBLE_DEVICES"),
    *("NVCC_APPEND_FLAGS", "NVCC_PREPEND_FLAGS", "NVCC_CCBIN"),
)
"""Variables that compilers, make, pkg-config, nvcc, the loader or Python obey, or that say where CUDA is."""


def look(system: System, ask: Ask) -> Surroundings:
    """Container, WSL and CI, each with what gave it away."""
    kernel = system.read(KERNEL) or ""
    wsl = None
    if "microsoft" in kernel.lower():  # 1: 4.4.0-19041-Microsoft; 2: 5.15.153.1-microsoft-standard-WSL2
        wsl = Fact(2 if "microsoft-standard" in kernel or "WSL2" in kernel else 1, KERNEL)
    return Surroundings(container=_container(system, ask), wsl=wsl, ci=_ci(system))


def environment(system: System) -> dict[str, str]:
    """The caller's variables out of BENDING that are set and not empty."""
    return {name: value for name in BENDING if (value := system.environ.get(name))}


def _container(system: System, ask: Ask) -> Fact[str] | None:
    for file, name in MARKS:
        if system.exists(file):
            return Fact(name, file)
    for entry in (system.read(INIT) or "").split("\0"):  # readable as root only
        if entry.startswith("container=") and entry != "container=":
            return Fact(entry.partition("=")[2], INIT)
    named = (system.read("/run/systemd/container") or "").strip()
    if named:
        return Fact(named, "/run/systemd/container")
    if system.environ.get(KUBERNETES):
        return Fact("kubernetes", KUBERNETES)
    if system.exists("/etc/debian_chroot"):
        return Fact("chroot", "/etc/debian_chroot")
    (answer,) = ask([["ischroot"]])  # Debian's; 0: yes, 1: no, 2: cannot tell without being root
    return Fact("chroot", "ischroot") if answer is not None and answer.code == 0 else None


def _ci(system: System) -> Fact[str] | None:
    for name, service in CI.items():
        if system.environ.get(name, "").lower() not in NO:
            return Fact(service, name)
    return None
