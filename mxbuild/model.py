"""The nouns: plain frozen data that flows from one room to the next.

Sizes are bytes, times are seconds (float) or Unix timestamps, paths are absolute strings.
"""

from typing import Any, Generic, Literal, TypeVar

import msgspec

from mxbuild.recipe.model import Recipe

T = TypeVar("T")


class Struct(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=False):
    """Base of all nouns: frozen, keywords only."""


# --- Host: what the machine has -------------------------------------------------------------


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


class Python(Struct, kw_only=True, frozen=True):
    path: str
    version: str
    venv: bool
    """Whether `-m venv` can give a pip (ensurepip is there)."""
    system: bool
    """Whether it is the distribution's own (/usr/bin)."""
    source: str


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
    apt: Apt
    packages: dict[str, str]
    """Installed Debian packages: name -> version, from dpkg's status."""
    surroundings: Surroundings
    environment: dict[str, str]
    """Variables of the caller that can bend a build: CC, CXX, LD_LIBRARY_PATH, CPATH, CONDA_PREFIX ..."""
    notes: tuple[Note, ...]


# --- Request: what the user asked for -------------------------------------------------------

Device = Literal["cpu", "gpu", "auto"]


class Request(Struct, kw_only=True, frozen=True):
    recipe: str = "mxnet-0.12.1"
    device: Device = "auto"
    wanted: dict[str, bool] = {}
    """feature -> on or off, as asked with --with and --without."""
    flags: dict[str, str] = {}
    """USE_X -> value, as asked with --set."""
    jobs: int | None = None
    python: str | None = None
    mirror: str | None = None
    """Directory or base URL that holds OWNER/NAME[.git]."""
    apt: bool = True
    ccache: bool | None = None
    """Use ccache: yes, no, or (None) where it is installed."""


# --- Build: what was decided ----------------------------------------------------------------


class Rejected(msgspec.Struct, frozen=True):
    """A choice that was not taken, and why not."""

    choice: str
    why: str


class Decision(Struct, kw_only=True, frozen=True):
    subject: str
    """feature name, flag name, or: device, compiler, python, jobs, packages, source."""
    kind: Literal["device", "feature", "flag", "compiler", "python", "jobs", "packages", "compat", "source", "cache"]
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


class Build(Struct, kw_only=True, frozen=True):
    """Every choice made; nothing is left to be decided later."""

    recipe: Recipe
    request: Request
    device: Literal["cpu", "gpu"]
    features: tuple[FeatureChoice, ...]
    compiler: Compiler
    python: Python
    requirements: tuple[str, ...]
    """Pinned Python packages of the environment, as pip takes them."""
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
    jobs: Jobs
    ccache: Tool | None
    make: str
    decisions: tuple[Decision, ...]
    expected: tuple[str, ...]
    """Facts that were expected of packages not yet installed, not measured; () once all are there."""
    platform: str
    """Platform tag of the wheel: linux_x86_64."""
    fingerprint: str
    """Hash of everything that shapes the library: names the tree, the wheel and the ledger."""


# --- Plan: what will be done ----------------------------------------------------------------


class Repository(Struct, kw_only=True, frozen=True):
    """One repository of the source: the superproject has path ""."""

    path: str
    url: str
    """Where it is fetched from: upstream's URL, or the mirror's."""
    origin: str
    """Upstream's public URL, always."""
    commit: str


class InstallPackages(Struct, kw_only=True, frozen=True, tag="apt"):
    id: str = "apt"
    packages: tuple[str, ...]
    right: Literal["root", "sudo"]
    unconfigured: bool
    """Run `dpkg --configure -a` first."""


class FetchSource(Struct, kw_only=True, frozen=True, tag="source"):
    id: str = "source"
    tree: str
    repositories: tuple[Repository, ...]
    exclude: tuple[str, ...]
    """Top-level directories of the superproject that a build does not need."""
    embedded: str
    """Directory of an embedded source ("" for none): repositories are made from it first."""


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
    jobs: int
    launcher: str
    """Directory that receives the launchers (g++ ...), the ledger lies beside it."""
    ledger: str
    log: str


class PackWheel(Struct, kw_only=True, frozen=True, tag="wheel"):
    id: str = "wheel"
    tree: str
    library: str
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


class CreateEnvironment(Struct, kw_only=True, frozen=True, tag="environment"):
    id: str = "environment"
    environment: str
    python: str
    requirements: tuple[str, ...]
    wheel: str
    log: str


class FeatureCheck(Struct, kw_only=True, frozen=True):
    """What must be seen in the library for one feature."""

    feature: str
    on: bool
    asked: bool
    why: str
    needed: tuple[str, ...]
    symbols: tuple[str, ...]
    checks: tuple[str, ...]


class Verify(Struct, kw_only=True, frozen=True, tag="verify"):
    id: str = "verify"
    environment: str
    wheel: str
    package: str
    release: str
    features: tuple[FeatureCheck, ...]
    checks: tuple[str, ...]
    """Checks that every build has to pass, by name."""
    log: str


class Activate(Struct, kw_only=True, frozen=True, tag="activate"):
    """Write the receipt and switch `current` to the new environment."""

    id: str = "activate"
    environment: str
    current: str
    receipt: str
    wheel: str


Step = InstallPackages | FetchSource | Make | PackWheel | CreateEnvironment | Verify | Activate


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


# --- Execution: what happened ---------------------------------------------------------------


class JournalEntry(Struct, kw_only=True, frozen=True):
    """A step that was finished earlier."""

    id: str
    digest: str
    finished: float
    seconds: float
    detail: str
    evidence: dict[str, Any] = {}
    damage: str = ""
    """What is wrong with what the step made, looked at now; "" for nothing."""


class StepStarted(Struct, kw_only=True, frozen=True, tag="step-started"):
    id: str
    title: str
    why: str


class StepSkipped(Struct, kw_only=True, frozen=True, tag="step-skipped"):
    id: str
    title: str
    why: str


class StepFinished(Struct, kw_only=True, frozen=True, tag="step-finished"):
    id: str
    title: str
    seconds: float
    detail: str


class StepFailed(Struct, kw_only=True, frozen=True, tag="step-failed"):
    id: str
    title: str
    seconds: float
    message: str


class Progress(Struct, kw_only=True, frozen=True, tag="progress"):
    """How far a step is. `part` names one of several things under way ("nnvm/dmlc-core")."""

    id: str
    part: str = ""
    done: int
    total: int | None
    unit: str
    """objects, bytes, packages, checks, repositories."""
    text: str = ""


class Compiling(Struct, kw_only=True, frozen=True, tag="compiling"):
    """The make step's state, about twice a second."""

    id: str
    done: int
    total: int
    running: tuple[tuple[str, float], ...]
    """(source, seconds so far)."""
    memory: int
    """Resident bytes of everything under make."""
    eta: tuple[float, float] | None
    """Seconds left, from - to; None: not known yet."""


class Line(Struct, kw_only=True, frozen=True, tag="line"):
    """One line of a child's output."""

    id: str
    text: str


class Message(Struct, kw_only=True, frozen=True, tag="message"):
    """Something the user should know: what is waited for, what was retried."""

    id: str
    text: str
    level: Literal["info", "warning"] = "info"


Event = StepStarted | StepSkipped | StepFinished | StepFailed | Progress | Compiling | Line | Message


class Outcome(Struct, kw_only=True, frozen=True):
    """What a step did."""

    id: str
    status: Literal["done", "skipped"]
    seconds: float
    detail: str
    """One short line for the screen: "8 repositories, 5.2 MB"."""
    evidence: dict[str, Any] = {}
    """What later steps and the receipt need; JSON values only."""


class CheckResult(Struct, kw_only=True, frozen=True):
    name: str
    status: Literal["passed", "failed", "not run"]
    detail: str
    seconds: float = 0.0


class FeatureResult(Struct, kw_only=True, frozen=True):
    """One line of the receipt: asked -> decided -> evidence."""

    feature: str
    asked: str
    """on, off, or default."""
    decided: str
    why: str
    evidence: tuple[CheckResult, ...]
    ok: bool


class Receipt(Struct, kw_only=True, frozen=True):
    """What was asked against what was got; written beside the wheel and into the environment."""

    format: int = 1
    mxbuild: str
    recipe: str
    release: str
    commit: str
    submodules: dict[str, str]
    fingerprint: str
    finished: float
    host: str
    compiler: str
    python: str
    requirements: tuple[str, ...]
    packages: dict[str, str]
    """Debian packages that the library was built with: name -> version."""
    installed_packages: tuple[str, ...]
    """Those that mxbuild newly installed."""
    variables: tuple[Variable, ...]
    rules: tuple[Rule, ...]
    wheel: str
    wheel_sha256: str
    library_sha256: str
    features: tuple[FeatureResult, ...]
    checks: tuple[CheckResult, ...]
    seconds: dict[str, float]
    ok: bool
    verification: Verify | None = None
    """What was checked: enough to check it again."""


class Installed(Struct, kw_only=True, frozen=True):
    """An environment under the prefix, as `mxbuild list` shows it."""

    name: str
    path: str
    current: bool
    receipt: Receipt
