"""What a recipe file says, as it says it. Nothing here is decided yet.

The docstring under a field is its description in the exported JSON Schema.
"""

from typing import Literal

from mxbuild.recipe.table import Requirements, Table
from mxbuild.recipe.upstream import KnownFailure, UpstreamTests
from mxbuild.recipe.values import (
    CAPABILITIES,
    CHECKS,
    PLACEHOLDERS,
    SUBJECTS,
    Capability,
    Check,
    Commit,
    CompilerFlag,
    Condition,
    Count,
    Date,
    DebianPackages,
    Directory,
    FlagChoice,
    FlagName,
    FlagValue,
    HeaderFile,
    LibraryName,
    Line,
    MacroName,
    MacroText,
    NvccFlag,
    Range,
    RelativePath,
    Selector,
    Shim,
    SourceFile,
    Std,
    Subject,
    Symbol,
    Token,
    Url,
    Variable,
    VariableText,
    Word,
)

__all__ = [
    "CAPABILITIES",
    "CHECKS",
    "PLACEHOLDERS",
    "SUBJECTS",
    "Compat",
    "Cuda",
    "Evidence",
    "Feature",
    "Flag",
    "FlagValue",
    "KnownFailure",
    "Make",
    "Packages",
    "Proof",
    "PythonPackage",
    "Recipe",
    "Requirements",
    "Source",
    "Submodule",
    "Substitute",
    "Table",
    "Toolchain",
    "UpstreamTests",
    "Verification",
]


class Submodule(Table, frozen=True, kw_only=True):
    """A repository inside another one's tree."""

    url: Url
    """Upstream's public URL."""
    commit: Commit
    """The commit that the superproject pins."""


class Source(Table, frozen=True, kw_only=True):
    """Where the source is, to the commit."""

    url: Url
    """Upstream's public URL (https), or `embedded:OWNER/NAME` for a source that lies beside the recipe."""
    tag: Word
    """The release's tag; for people. What is fetched is the commit."""
    commit: Commit
    """The release's commit."""
    submodules: dict[RelativePath, Submodule] = {}
    """Path -> where it comes from, for every submodule of every submodule."""
    skip: dict[RelativePath, Line] = {}
    """Submodule -> why no build needs it: its commit is pinned and compared, but it is not fetched."""
    exclude: tuple[RelativePath, ...] = ()
    """Top-level directories that a build does not need."""
    embedded: Word | None = None
    """Directory beside the recipe that holds the trees of `embedded:` repositories."""


class Toolchain(Table, frozen=True, kw_only=True):
    """The tools that every build needs."""

    gcc: Range = ""
    """Versions of g++ that compile it."""
    make: Range = ""
    """Versions of GNU make."""
    git: Range = ""
    """Versions of git."""
    apt: tuple[Word, ...] = ()
    """Capabilities out of [apt] that every build needs."""


class Flag(Table, frozen=True, kw_only=True):
    """A make variable."""

    value: FlagValue
    """What is passed to make unless a feature, a rule or --set says otherwise."""
    values: tuple[FlagChoice, ...] = ()
    """What --set may choose; empty: any word."""
    why: Line
    """The reason for `value`, shown in the plan."""
    does: Line | None = None
    """What it does; of a flag that follows a feature, the feature's summary says it."""
    only_with: Word | None = None
    """Feature without which it means nothing: it is passed only where that is on."""
    processor: tuple[Word, ...] = ()
    """What a processor needs to run what is compiled with it on (1), as Linux names it: f16c."""


class Make(Table, frozen=True, kw_only=True):
    """What make is asked for, and what it takes."""

    target: RelativePath
    """The goal that make is asked for."""
    library: RelativePath
    """The library that it leaves."""
    objects: dict[Directory, FlagName]
    """Directory -> make variable that lists the objects built in it; the progress bar counts them."""
    memory_per_job: Count
    """MiB that one compiler needs at its peak, for the choice of jobs."""
    disk: Count
    """MiB that source and build tree take."""


class Evidence(Table, frozen=True, kw_only=True):
    """What shows that a feature is in the library."""

    needed: tuple[LibraryName, ...] = ()
    """Beginnings of NEEDED entries: libopenblas."""
    symbols: tuple[Symbol, ...] = ()
    """Dynamic symbols, with `*`: _ZN2cv*."""
    checks: tuple[Check, ...] = ()
    """Run-time checks out of the list that mxbuild knows."""


class Feature(Table, frozen=True, kw_only=True):
    """Something that a build can have or lack."""

    summary: Line
    """What it is, in a few words."""
    default: Literal["on", "off", "auto"]
    """on: an error where it cannot be had; auto: off, with the reason, where it cannot be had."""
    needs: dict[Capability, Range] = {}
    """Capability of the machine -> version range."""
    requires: tuple[Word, ...] = ()
    """Other features."""
    apt: tuple[Word, ...] = ()
    """Capabilities out of [apt] that give what it needs."""
    on: dict[FlagName, FlagValue]
    """Flag -> value with the feature."""
    off: dict[FlagName, FlagValue]
    """The same flags -> values without it."""
    arch: tuple[Word, ...] = ()
    """Machines that can have it, as `uname -m` names them; empty: any."""
    submodules: tuple[RelativePath, ...] = ()
    """Submodules that nothing else needs: without it they are pinned and compared, but not fetched."""
    objects: dict[Directory, FlagName] = {}
    """Directory -> make variable that lists the objects built in it for this feature alone."""
    cmake: RelativePath | None = None
    """Directory in which make has CMake build for it; the progress bar counts what CMake's makefiles name there."""
    link: tuple[Word, ...] = ()
    """Libraries that the linker gets for it: zmq for -lzmq."""
    beside: tuple[RelativePath, ...] = ()
    """Shared libraries that make builds for it; they are packed beside the library, which looks for them there."""
    evidence: Evidence = Evidence()
    """What shows that it is in the library."""


class Packages(Table, frozen=True, kw_only=True):
    """The Debian packages that give a capability."""

    packages: tuple[DebianPackages, ...]
    """Debian package names; "a | b": either will do, a is installed where neither is there."""
    on: dict[Selector, tuple[DebianPackages, ...]] = {}
    """Distribution and range ("ubuntu <18.04") -> other names."""


class Cuda(Table, frozen=True, kw_only=True):
    """How the device code is compiled."""

    versions: Range
    """Toolkits that compile it, with the rules of this recipe."""
    tested: Range
    """Toolkits that upstream itself built this release with."""
    libraries: tuple[Word, ...]
    """Libraries of the toolkit that the release links: cudart, cublas ..."""
    std: Std
    """C++ dialect of the device code."""
    flags: tuple[NvccFlag, ...]
    """Flags for nvcc, beside dialect, host compiler and architectures."""


class Substitute(Table, frozen=True, kw_only=True):
    """One name in one file replaced by another; checked before anything is compiled."""

    file: SourceFile
    old: Token
    new: Token
    count: Count
    """How often `old` is there; any other number stops the build."""


class Compat(Table, frozen=True, kw_only=True):
    """A cure for something that this release does not stand."""

    id: Word
    """Its name in plans and receipts."""
    why: Line
    """What goes wrong without it."""
    reference: Line
    """Upstream file and line, or an issue's URL."""
    when: dict[Subject, Condition] = {}
    """All must match: gcc, opencv, os ...; os takes a distribution and range."""
    feature: Word | None = None
    """Only where this feature is on."""
    define: dict[MacroName, MacroText] = {}
    """Macro -> text, given to every compiler call."""
    cflags: tuple[CompilerFlag, ...] = ()
    """Compiler flags."""
    std: Std | None = None
    """Another dialect for the device code."""
    sources: dict[SourceFile, tuple[CompilerFlag, ...]] = {}
    """Source, as make names it -> compiler flags for it alone."""
    include: dict[SourceFile, tuple[HeaderFile, ...]] = {}
    """Source, as make names it -> headers of the tree that it is compiled with as if it named them first."""
    empty: tuple[RelativePath, ...] = ()
    """Submodules whose directory is left empty."""
    substitute: tuple[Substitute, ...] = ()
    """Names to replace. In a Python file they are replaced in the wheel's copy, and the library is the same."""
    shims: tuple[Shim, ...] = ()
    """Modules of ours that the wheel puts in front of upstream's Python package."""
    pkg_config: dict[Word, Word] = {}
    """Alias -> module that has it: opencv = "opencv4"."""
    set: dict[FlagName, FlagValue] = {}
    """Flags -> other values."""
    environment: dict[Variable, VariableText] = {}
    """Environment of make."""


class PythonPackage(Table, frozen=True, kw_only=True):
    """Upstream's Python package."""

    versions: Range
    """Interpreters that it imports and runs on."""
    package: RelativePath
    """Directory of the Python package in the tree."""
    requirements: tuple[Requirements, ...]
    """First whose range holds the interpreter."""


class Verification(Table, frozen=True, kw_only=True):
    """What proves a build, whatever its features."""

    checks: tuple[Check, ...]
    """Run for every build, whatever its features."""
    device: tuple[Check, ...] = ()
    """Run on the GPU, for a build that has device code."""
    upstream: UpstreamTests | None = None
    """Upstream's own unit tests, run by `mxbuild verify --upstream`; None: it has none that can be run."""


class Proof(Table, frozen=True, kw_only=True):
    """What somebody saw of a release on a machine; never what they expect."""

    build: Literal["whole", "part"]
    """whole: the library was built and verified; part: no more than `what` says."""
    where: Line
    """The system and its tools: Debian 12 (gcc 12.2, OpenCV 4.6)."""
    what: Line
    """What was seen there."""


class Recipe(Table, frozen=True, kw_only=True):
    """One release: where its source is, how it is built here, and what proves it."""

    format: Literal[1]
    """Version of this format."""
    name: Word
    """Name of the Python distribution: mxnet, mini."""
    release: Word
    """Upstream's version: 0.12.1."""
    date: Date
    """Day of the release."""
    summary: Line
    """The release in a few words."""
    proved: tuple[Proof, ...] = ()
    """What was proved; empty: nothing of it was ever compiled."""
    source: Source
    toolchain: Toolchain
    make: Make
    flags: dict[FlagName, Flag]
    """Every make variable that shapes the library."""
    features: dict[Word, Feature]
    """What a build can have or lack."""
    cuda: Cuda | None = None
    """None: it has no device code, or none that can be built."""
    apt: dict[Word, Packages]
    """Capability -> the packages that give it."""
    compat: tuple[Compat, ...] = ()
    """Cures, applied where their conditions hold."""
    python: PythonPackage
    verify: Verification

    @property
    def id(self) -> str:
        """`mxnet-0.12.1`; the miniature is just `mini`."""
        return self.name if self.name == "mini" else f"{self.name}-{self.release}"

    @property
    def build_systems(self) -> dict[str, tuple[str, ...]]:
        """make, and what make calls in turn -> the features for which it does; () for every build."""
        cmake = tuple(name for name, feature in self.features.items() if feature.cmake)
        return {"make": ()} | ({"cmake": cmake} if cmake else {})
