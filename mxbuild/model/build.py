"""Request and build: what the user asked for, and every choice that was made."""

import hashlib
from typing import Literal

import msgspec

from mxbuild.model.base import Struct
from mxbuild.model.host import Apt, Compiler, CudaLibrary, Python, Tool, Toolkit
from mxbuild.model.vendored import Vendored
from mxbuild.recipe.model import Recipe

Device = Literal["cpu", "gpu", "auto"]
CudaFrom = Literal["auto", "system", "apt", "wheels"]
"""Where the toolkit comes from: what is on the machine, the distribution's packages, NVIDIA's wheels on PyPI."""


class Worker(Struct, kw_only=True, frozen=True):
    """Another machine that compiles for this one, through distcc."""

    name: str
    """As it was asked for, without the slots: build1, me@build1, tcp://10.0.0.7:3632."""
    host: str
    """As distcc's host list has it: @build1/8,lzo or 10.0.0.7:3632/8,lzo."""
    slots: int
    """Compilers at once."""
    transport: Literal["ssh", "tcp"]


class ExtraOperators(Struct, kw_only=True, frozen=True):
    """C++ operators of the user's own, compiled into the library by the Makefile's EXTRA_OPERATORS."""

    directory: str
    files: dict[str, str]
    """Path below the directory -> SHA-256."""

    @property
    def place(self) -> str:
        """Directory in the tree that they are copied to: another content is another value of EXTRA_OPERATORS."""
        digest = hashlib.sha256("".join(f"{n}\0{h}\n" for n, h in sorted(self.files.items())).encode()).hexdigest()
        return f"mxbuild-operators-{digest[:16]}"


class Request(Struct, kw_only=True, frozen=True):
    recipe: str = "mxnet-0.12.1"
    device: Device = "auto"
    wanted: dict[str, bool] = {}
    """feature -> on or off, as asked with --with and --without."""
    flags: dict[str, str] = {}
    """USE_X -> value, as asked with --set."""
    jobs: int | None = None
    python: str | None = None
    pins: dict[str, str] = {}
    """Package that the recipe pins -> another version of it: numpy -> 2.3.5."""
    mirror: str | None = None
    """Directory or base URL that holds OWNER/NAME[.git]."""
    store: str | None = None
    """Directory or URL of a store of verified wheels to look into first."""
    vendored: str | None = None
    """File that `mxbuild vendor` made: everything comes out of it, nothing from a network."""
    remote_cache: str | None = None
    """Address of a cache of objects that ccache shares with others, without user and password."""
    workers: str | None = None
    """Machines that compile as well, as asked: build1/8,tcp://10.0.0.7/16."""
    apt: bool = True
    ccache: bool | None = None
    """Use ccache: yes, no, or (None) where it is installed."""
    cuda: str | None = None
    """A toolkit's root, or a version ("11.8") of those that were found."""
    cuda_from: CudaFrom = "auto"
    cuda_arch: str | None = None
    """"7.0,8.6" or "70,86", native, all-supported."""
    cudnn: str | None = None
    """Prefix of a cuDNN: include/cudnn.h and lib/libcudnn.so below it."""
    target: str | None = None
    """Processors to compile for: generic, native, or a name; None: generic."""
    extra_operators: ExtraOperators | None = None


class Rejected(msgspec.Struct, frozen=True):
    """A choice that was not taken, and why not."""

    choice: str
    why: str


class Decision(Struct, kw_only=True, frozen=True):
    subject: str
    """feature name, flag name, or: device, toolkit, architectures, driver, compiler, target, python, jobs, packages,
    source."""
    kind: Literal[
        "device",
        "feature",
        "flag",
        "compiler",
        "target",
        "python",
        "jobs",
        "packages",
        "compat",
        "source",
        "cache",
        "cuda",
        "workers",
    ]
    choice: str
    why: str
    asked: bool = False
    rejected: tuple[Rejected, ...] = ()
    sources: tuple[str, ...] = ()


class Variable(msgspec.Struct, frozen=True):
    """One make variable as it stands on make's command line."""

    name: str
    value: str
    why: str


class PackageChoice(Struct, kw_only=True, frozen=True):
    """One Debian package that the build needs."""

    name: str
    capability: str
    why: str
    installed: str
    """Version that dpkg has; "" where it is missing."""


class Jobs(Struct, kw_only=True, frozen=True):
    count: int
    limit: str
    """What won, in words: "2 CPUs by affinity"."""
    without_gate: int
    """As many as memory holds at their largest: for a make that no gate keeps from starting too many."""
    here: int = 0
    """Of them, compilers on this machine; the others are the workers'. 0: all."""


class FeatureChoice(Struct, kw_only=True, frozen=True):
    name: str
    on: bool
    asked: bool
    why: str


class Rule(Struct, kw_only=True, frozen=True):
    """A compatibility rule of the recipe that applies here."""

    id: str
    why: str
    matched: str
    """Why it applies: "OpenCV 4.6.0 matches >=4"."""
    reference: str


class Bundle(Struct, kw_only=True, frozen=True):
    """A whole toolkit out of NVIDIA's packages on PyPI, one release's set."""

    version: str
    """CUDA's, "13.0.2"."""
    packages: tuple[str, ...]
    """Pins with hashes, as pip's requirements files have them: "nvidia-cublas==13.1.0.3 --hash=sha256:..."."""
    runtime: tuple[str, ...]
    """Those that the finished library needs, which the environment installs."""
    size: int
    """Bytes to download."""


class Cuda(Struct, kw_only=True, frozen=True):
    """With what the device code is compiled, and for which GPUs."""

    toolkit: Toolkit
    """For a bundle: as it will be once it is put together."""
    origin: Literal["system", "apt", "wheels"]
    bundle: Bundle | None
    sass: tuple[str, ...]
    """Compute capabilities with machine code in the library, in ascending order: ("7.0", "8.6")."""
    ptx: str
    """The one with PTX, which newer GPUs compile at load time; "" for none."""
    cudnn: CudaLibrary | None
    stubs: str
    """Directory of a stub libcuda.so for the link, never in the run path; "" for none."""
    run_path: tuple[str, ...]
    """Directories that the library looks into for CUDA's libraries: absolute, or below $ORIGIN."""
    gpu: bool
    """Whether this machine has a GPU, and a driver, that the library can run on."""
    driver: bool
    """Whether the driver's libcuda.so.1 is here, with or without a GPU."""


class Target(Struct, kw_only=True, frozen=True):
    """The processors that the library is compiled for."""

    name: str
    """archspec's: x86_64_v3, zen3; or generic, for all of the architecture."""
    flags: tuple[str, ...] = ()
    """The compiler's: -march=znver3 -mtune=znver3. Never native, which says nothing to another machine."""
    features: tuple[str, ...] = ()
    """What a processor needs to run it, as Linux names it (avx2, pni); () for generic."""

    @property
    def text(self) -> str:
        """`zen3 (-march=znver3 -mtune=znver3)`."""
        return f"{self.name} ({' '.join(self.flags)})" if self.flags else self.name


class Substitution(Struct, kw_only=True, frozen=True):
    """A checked one-token change in one file of the source."""

    file: str
    old: str
    new: str
    count: int
    """How often `old` has to be there, as a whole token; any other number stops."""


class Build(Struct, kw_only=True, frozen=True):
    """Every choice made; nothing is left to be decided later."""

    recipe: Recipe
    request: Request
    device: Literal["cpu", "gpu"]
    features: tuple[FeatureChoice, ...]
    compiler: Compiler
    target: Target
    python: Python
    requirements: tuple[str, ...]
    """The recipe's pins of Python packages, as pip takes them."""
    locked: tuple[str, ...] = ()
    """Those that a lock has, and what they need, each with its hashes."""
    unlocked: tuple[str, ...] = ()
    """Those that none has: pip takes what the index gives."""
    packages: tuple[PackageChoice, ...]
    """Every Debian package that is needed, there or missing."""
    install: tuple[str, ...]
    """Those that apt-get will install."""
    apt: Apt
    variables: tuple[Variable, ...]
    """All make variables but CC and CXX, which the make step sets to the launcher."""
    aliases: dict[str, str]
    """pkg-config aliases to generate: name -> the real module."""
    environment: dict[str, str]
    """Environment of make, all of it (nothing of the caller's leaks in)."""
    rules: tuple[Rule, ...]
    empty: tuple[str, ...] = ()
    """Submodules whose directory is left empty, beside those that no build needs."""
    substitutions: tuple[Substitution, ...] = ()
    source_flags: dict[str, tuple[str, ...]] = {}
    """Source, as make names it -> flags for its compile alone."""
    shims: dict[str, str] = {}
    """Modules of ours that the wheel puts in front of upstream's Python package: file in data/shims -> its SHA-256."""
    package_substitutions: tuple[Substitution, ...] = ()
    """Names replaced in the wheel's copy of Python files."""
    cuda: Cuda | None = None
    """None: for the CPU alone."""
    jobs: Jobs
    ccache: Tool | None
    remote_cache: str = ""
    """Address without user and password; "" for none."""
    workers: tuple[Worker, ...] = ()
    distcc: str = ""
    """distcc's path; "" where there are no workers."""
    make: str
    programs: tuple[Tool, ...] = ()
    """What make calls by its name besides the compilers: cmake."""
    decisions: tuple[Decision, ...]
    expected: tuple[str, ...]
    """Facts that were expected of packages not yet installed, not measured; () once all are there."""
    platform: str
    """Platform tag of the wheel: linux_x86_64."""
    vendored: Vendored | None = None
    """What everything comes out of; None: the network."""
    fingerprint: str
    """Hash of everything that shapes the library: names the tree, the wheel and the ledger."""
