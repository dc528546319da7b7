"""Host: what the machine has, each fact with the file or command that says so."""

from typing import Generic, Literal, TypeVar

import msgspec

from mxbuild.model.base import Struct

T = TypeVar("T")


class Fact(msgspec.Struct, Generic[T], frozen=True):
    """One thing that was found, and the file or command that says so."""

    value: T
    source: str


class Os(Struct, kw_only=True, frozen=True):
    """The distribution. `version` is the host's own text ("20.04"; "" where it has none)."""

    id: str
    version: str
    codename: str
    like: tuple[str, ...]
    pretty: str
    source: str
    arch: Fact[str]
    """`uname -m`: x86_64, aarch64."""
    triplet: str
    """Debian's multiarch directory name, e.g. x86_64-linux-gnu."""
    kernel: Fact[str]
    libc: Fact[str] | None


class Cpu(Struct, kw_only=True, frozen=True):
    model: Fact[str]
    microarchitecture: Fact[str]
    """archspec's name: zen4, skylake_avx512, x86_64 ..."""
    features: Fact[str]
    """As the kernel lists them, with blanks between: "fpu sse2 avx2"; "" where it does not."""
    online: Fact[int]
    affinity: Fact[int]
    quota: Fact[float] | None
    """CPUs that the cgroup grants (may be a fraction); None: no limit."""


class Memory(Struct, kw_only=True, frozen=True):
    total: Fact[int]
    available: Fact[int]
    limit: Fact[int] | None
    """What the cgroup still grants: limit minus what is used, over all ancestors; None: no limit."""


class Disk(Struct, kw_only=True, frozen=True):
    path: str
    free: int
    total: int
    source: str


class Compiler(Struct, kw_only=True, frozen=True):
    """A C++ compiler, with the C compiler of the same version beside it."""

    cxx: str
    """Path of g++ or g++-N."""
    cc: str
    """Path of the gcc of the same version; "" where there is none."""
    family: Literal["gcc", "clang"]
    version: str
    target: str
    """`-dumpmachine`."""
    source: str


class Tool(Struct, kw_only=True, frozen=True):
    """A program: make, git, ccache, pkg-config, dot, cmake."""

    name: str
    path: str
    version: str
    source: str


class Library(Struct, kw_only=True, frozen=True):
    """A library that can be compiled against.

    `name` is the capability: blas, lapack, opencv, jemalloc. `real` is where the links lead
    (Debian's alternatives): libopenblas.so -> .../openblas-pthread/libopenblas.so.
    """

    name: str
    provider: str
    """What gives it: openblas, atlas, reference, opencv, jemalloc."""
    version: str
    header: str
    library: str
    """The file that the linker takes: libopenblas.so, liblapack.a."""
    directory: str
    """Directory of `library`, as given to -L."""
    real: str
    pkg_config: str
    """Name under which pkg-config knows it: opencv or opencv4; "" where it does not."""
    source: str


class Gpu(Struct, kw_only=True, frozen=True):
    """An NVIDIA GPU."""

    name: str
    """As the driver says it ("NVIDIA H100 80GB HBM3"), or the chip's ("GH100") where only PCI tells."""
    capability: str
    """Compute capability, "9.0"; "" where it is not known."""
    memory: int
    """Bytes; 0 where it is not known."""
    bus: str
    """PCI bus id, "0000:65:00.0"; "" where there is none (Jetson). WSL's is Windows's: /sys does not know it."""
    source: str


class Driver(Struct, kw_only=True, frozen=True):
    """NVIDIA's kernel driver, as far as it is loaded and can be used from here."""

    version: str
    """ "550.54.14"; "" where only its presence is known."""
    cuda: str
    """Newest CUDA that it supports, "12.4"; "" where it is not known. Says nothing of a toolkit."""
    usable: bool
    """Whether device nodes are here: False in a container whose run-time injected nothing."""
    source: str


class Toolkit(Struct, kw_only=True, frozen=True):
    """A CUDA toolkit that can be compiled with."""

    version: str
    """nvcc's own, "11.8.89"."""
    root: str
    """Directory that has bin/nvcc, include/ and a directory of libraries; "" for Debian's layout, spread over /usr."""
    nvcc: str
    """Absolute path of the program to call."""
    layout: Literal["nvidia", "debian", "conda", "wheels"]
    include: str
    """Directory of cuda.h."""
    libraries: str
    """Directory of libcudart.so."""
    stubs: str
    """Directory of a libcuda.so to link against where there is no driver; "" for none."""
    parts: tuple[str, ...]
    """Libraries that can be linked: cudart, cublas, cufft, curand, cusolver, nvrtc ...; in the wheels' layout those
    of which the versioned file is there, which -l does not find by itself."""
    gcc: str
    """Newest gcc major that its own host_config.h takes, "11"; "" where that does not say."""
    found: str
    """How it was found: --cuda, CUDA_HOME, PATH, /usr/local/cuda ..."""
    source: str


class CudaLibrary(Struct, kw_only=True, frozen=True):
    """cuDNN or NCCL: header and library, which may disagree."""

    name: Literal["cudnn", "nccl"]
    version: str
    """The header's, "8.9.2"."""
    library_version: str
    """The library's, as its file name or its links tell; "" where there is only a header."""
    header: str
    library: str
    """The file that -lcudnn takes; "" where there is none."""
    source: str


class Python(Struct, kw_only=True, frozen=True):
    path: str
    version: str
    venv: bool
    """Whether `-m venv` can give a pip (ensurepip is there)."""
    system: bool
    """Whether it is the distribution's own (/usr/bin)."""
    source: str
    named: bool = False
    """Whether `--python` gives its path, or that of an environment on top of it."""


class Apt(Struct, kw_only=True, frozen=True):
    path: str
    """apt-get's path; "" where the machine has no apt."""
    right: Literal["root", "sudo", "none"]
    """How packages can be installed: as root, through `sudo -n`, or not at all."""
    right_source: str
    interrupted: bool
    """dpkg was interrupted: `dpkg --configure -a` has to run first."""
    lock_holder: str
    """Who holds dpkg's lock, "" for nobody."""
    lists: bool
    """Whether package lists were ever downloaded."""
    components: tuple[str, ...] = ()
    """Components of the archive that apt has lists of: main, non-free ...; () where none can be told."""
    source: str


class Surroundings(Struct, kw_only=True, frozen=True):
    container: Fact[str] | None
    """docker, podman, lxc, chroot ..."""
    wsl: Fact[int] | None
    """1 or 2."""
    ci: Fact[str] | None
    """github, gitlab, ... ; "yes" where only CI is set."""


class Note(msgspec.Struct, frozen=True):
    """Something odd that was met while looking; never an error."""

    topic: str
    text: str


class Host(Struct, kw_only=True, frozen=True):
    os: Os
    cpu: Cpu
    memory: Memory
    disks: tuple[Disk, ...]
    compilers: tuple[Compiler, ...]
    """Best first: the default g++, then by version, newest first."""
    tools: dict[str, Tool]
    libraries: dict[str, Library]
    pythons: tuple[Python, ...]
    """In the order of preference: `python3` on PATH first."""
    gpus: tuple[Gpu, ...] = ()
    driver: Driver | None = None
    toolkits: tuple[Toolkit, ...] = ()
    """In the documented order: the caller's variables, PATH, the usual places; each root once."""
    cuda_libraries: tuple[CudaLibrary, ...] = ()
    """Every cuDNN and NCCL, the one that a plain #include takes first."""
    apt: Apt
    packages: dict[str, str]
    """Installed Debian packages: name -> version, from dpkg's status."""
    surroundings: Surroundings
    environment: dict[str, str]
    """Variables of the caller that can bend a build: CC, CXX, LD_LIBRARY_PATH, CPATH, CONDA_PREFIX ..."""
    notes: tuple[Note, ...]
