"""Plan: the steps that will be done, and where everything of them lies."""

from typing import Literal

from mxbuild.model.base import Struct
from mxbuild.model.build import Build, Bundle, ExtraOperators, Substitution, Target, Variable, Worker
from mxbuild.model.host import Compiler


class Repository(Struct, kw_only=True, frozen=True):
    """One repository of the source: the superproject has path ""."""

    path: str
    url: str
    """Where it is fetched from: upstream's URL, or the mirror's."""
    origin: str
    """Upstream's public URL, always."""
    commit: str


class UnpackVendored(Struct, kw_only=True, frozen=True, tag="vendored"):
    """Take a vendored file apart, all of it compared with its manifest before anything of it counts."""

    id: str = "vendored"
    file: str
    sha256: str
    """Of its manifest, which has the hash of everything else in it."""
    size: int
    directory: str
    """Where its members will lie; complete or absent."""


class InstallPackages(Struct, kw_only=True, frozen=True, tag="apt"):
    id: str = "apt"
    packages: tuple[str, ...]
    right: Literal["root", "sudo"]
    unconfigured: bool
    """Run `dpkg --configure -a` first."""
    archive: str = ""
    """Directory with the packages and their index, which takes the place of the machine's archives; "" for none."""


class AssembleToolkit(Struct, kw_only=True, frozen=True, tag="cuda"):
    """Put a CUDA toolkit together from NVIDIA's packages on PyPI."""

    id: str = "cuda"
    root: str
    """Directory that will be toolkit's root; complete or absent."""
    bundle: Bundle
    parts: tuple[str, ...]
    """Libraries that must be there to be linked: cublas, cufft."""
    python: str
    """Interpreter whose pip fetches the packages."""
    cc: str
    """C compiler of the stub libcuda.so."""
    log: str
    find_links: str = ""
    """Directory of the only wheels that pip may take; "": an index has them."""


class FetchSource(Struct, kw_only=True, frozen=True, tag="source"):
    id: str = "source"
    tree: str
    repositories: tuple[Repository, ...]
    exclude: tuple[str, ...]
    """Top-level directories of the superproject that a build does not need."""
    embedded: str
    """Directory of an embedded source ("" for none): repositories are made from it first."""
    empty: dict[str, str] = {}
    """Path -> pinned commit of submodules whose directory is left empty: the toolkit brings what they have."""
    substitutions: tuple[Substitution, ...] = ()
    packs: str = ""
    """Directory of packs with the pinned commits, which takes the network's place; "" for none."""


class Make(Struct, kw_only=True, frozen=True, tag="make"):
    id: str = "make"
    tree: str
    make: str
    target: str
    library: str
    variables: tuple[Variable, ...]
    objects: dict[str, str]
    """Directory in the tree -> make variable that lists its objects."""
    environment: dict[str, str]
    aliases: dict[str, str]
    compiler: Compiler
    ccache: str
    """ccache's path; "" for none."""
    ccache_directory: str
    remote_cache: str = ""
    """Address of the cache that ccache shares with others, without user and password; "" for none."""
    nvcc: str = ""
    """nvcc's path; "" for the CPU alone."""
    source_flags: dict[str, tuple[str, ...]] = {}
    """Source (as make names it) -> flags that the launcher adds to its compile."""
    operators: ExtraOperators | None = None
    """Copied into the tree before make runs."""
    programs: dict[str, str] = {}
    """Name -> path of what make calls by its name and may not find on its PATH: cmake."""
    cmake: tuple[str, ...] = ()
    """Directories in the tree in which make has CMake build."""
    jobs: int
    here: int = 0
    """Of the jobs, compilers on this machine; 0: all."""
    workers: tuple[Worker, ...] = ()
    distcc: str = ""
    """distcc's path; "" where there are no workers."""
    memory: int
    """Bytes that one compiler needs at its peak, where that was not seen yet."""
    launcher: str
    """Directory that receives the launchers (g++ ...), the ledger lies beside it."""
    ledger: str
    log: str


class PackWheel(Struct, kw_only=True, frozen=True, tag="wheel"):
    id: str = "wheel"
    tree: str
    library: str
    beside: tuple[str, ...] = ()
    """Libraries in the tree that are packed beside it."""
    package: str
    """Directory of upstream's Python package in the tree: python/mxnet."""
    name: str
    version: str
    """With the local part: 0.12.1+mxbuild.<fingerprint>."""
    python: str
    """Requires-Python."""
    requires: tuple[str, ...]
    platform: str
    wheel: str
    """Path of the wheel that is written."""
    shims: dict[str, str] = {}
    """File of ours in data/shims -> its SHA-256; they go into the package, whose first import is of them."""
    substitutions: tuple[Substitution, ...] = ()
    """In files of the package, whose paths are from the tree's top; the tree itself stays as it is."""
    processor: Target | None = None
    """Processors without which its import is refused; None where any will do."""


class FetchWheel(Struct, kw_only=True, frozen=True, tag="store"):
    """Take the wheel out of a store, in place of all that would make it."""

    id: str = "wheel"
    packs: PackWheel
    """What it stands for: done in either way, it is done."""
    address: str
    """Directory of the build in the store, as a path or URL."""
    name: str
    sha256: str
    size: int
    library_sha256: str
    origin: str
    """Where and when it was built, in words."""
    submodules: dict[str, str]
    """Path -> commit of those that were in the tree that it was built from."""
    provenance: str = ""
    """What its builder says of how it was made."""


class CreateEnvironment(Struct, kw_only=True, frozen=True, tag="environment"):
    id: str = "environment"
    environment: str
    python: str
    requirements: tuple[str, ...]
    """As pip takes them: "numpy==1.26.4", and with hashes "nvidia-cublas==13.1.1.3 --hash=sha256:..."."""
    wheel: str
    log: str
    find_links: str = ""
    """Directory of the only wheels that pip may take; "": an index has them."""

    @property
    def pins(self) -> tuple[str, ...]:
        """The requirements as a person reads them, without hashes."""
        return tuple(r.partition(" --hash=")[0] for r in self.requirements)

    @property
    def hashed(self) -> tuple[str, ...]:
        """Those with hashes; pip wants them by themselves."""
        return tuple(r for r in self.requirements if " --hash=" in r)


class FeatureCheck(Struct, kw_only=True, frozen=True):
    """What must be seen in the library for one feature."""

    feature: str
    on: bool
    asked: bool
    why: str
    needed: tuple[str, ...]
    symbols: tuple[str, ...]
    checks: tuple[str, ...]


class DeviceCheck(Struct, kw_only=True, frozen=True):
    """What must be seen of the device code."""

    sass: tuple[str, ...]
    ptx: str
    gpu: bool
    """Whether this machine has a GPU to run on; where not, checks on it say "not run"."""
    forbidden: tuple[str, ...]
    """Directories (stubs) that must not be in the run path."""
    driver: bool
    """Whether libcuda.so.1 is here; where not, a stub stands in for it while the CPU's side is checked."""
    cudnn: str
    """cuDNN's version that the library has to load; "" for none."""
    checks: tuple[str, ...]
    """Checks that run on the GPU, by name."""


class Verify(Struct, kw_only=True, frozen=True, tag="verify"):
    id: str = "verify"
    environment: str
    wheel: str
    package: str
    release: str
    features: tuple[FeatureCheck, ...]
    checks: tuple[str, ...]
    """Checks that every build has to pass, by name."""
    device: DeviceCheck | None = None
    """None: built for the CPU."""
    log: str


class Activate(Struct, kw_only=True, frozen=True, tag="activate"):
    """Write the receipt and switch `current` to the new environment."""

    id: str = "activate"
    environment: str
    current: str
    receipt: str
    wheel: str


Wheel = PackWheel | FetchWheel
Step = (
    UnpackVendored
    | InstallPackages
    | AssembleToolkit
    | FetchSource
    | Make
    | Wheel
    | CreateEnvironment
    | Verify
    | Activate
)


FIRST_TIME = "not done yet"
"""Why a step runs that has no other reason."""


class Planned(Struct, kw_only=True, frozen=True):
    """A step, whether it will run, and why."""

    step: Step
    title: str
    action: Literal["run", "skip"]
    why: str
    digest: str


class Plan(Struct, kw_only=True, frozen=True):
    build: Build
    steps: tuple[Planned, ...]
    paths: "Paths"


class Paths(Struct, kw_only=True, frozen=True):
    """Where everything of one build lies. All of it can be deleted by hand without harm to others."""

    prefix: str
    cache: str
    state: str
    tree: str
    wheel: str
    environment: str
    current: str
    receipt: str
    records: str
    """Directory of journal, ledger and logs of this build."""
