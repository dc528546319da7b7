"""What a recipe file says, as it says it. Nothing here is decided yet.

The docstring under a field is its description in the exported JSON Schema.
"""

from typing import Annotated, Literal

import msgspec
from msgspec import Meta

Commit = Annotated[str, Meta(pattern="^[0-9a-f]{40}$", description="A whole SHA-1 commit id.")]
FlagName = Annotated[str, Meta(pattern="^[A-Z][A-Z0-9_]*$")]
FlagText = Annotated[str, Meta(pattern=r"^(\{[a-z]+\.[a-z]+\}|[A-Za-z0-9_./+-]*)$")]
FlagValue = int | FlagText
"""A number, a word without blanks or `$`, or one placeholder out of PLACEHOLDERS."""
Range = Annotated[str, Meta(description="A version range as PEP 440 has it: >=4.8,<13; empty: any.")]
Word = Annotated[str, Meta(pattern=r"^[A-Za-z0-9][A-Za-z0-9_.+-]*$")]
RelativePath = Annotated[str, Meta(pattern=r"^[A-Za-z0-9_][A-Za-z0-9_.+-]*(/[A-Za-z0-9_][A-Za-z0-9_.+-]*)*$")]

CAPABILITIES = ("blas", "lapack", "opencv", "jemalloc", "graphviz", "openmp", "cuda", "cudnn", "gpu")
"""What a feature can need of a machine."""

PLACEHOLDERS = ("{lapack.directory}", "{blas.directory}", "{blas.provider}", "{cuda.root}")
"""What a flag's value can stand for; replaced by facts of the machine."""

SUBJECTS = ("gcc", "clang", "make", "opencv", "blas", "lapack", "python", "glibc", "cuda", "cudnn", "os", "arch")
"""What a rule's `when` can look at."""

CHECKS = (
    "import",
    "version",
    "library",
    "dot",
    "linalg_potrf",
    "imdecode",
    "plot_network",
    "openmp",
    "numeric_gradient",
    "ndarray_iter",
    "custom_softmax",
    "train_mlp",
)
"""Run-time checks that mxbuild knows; a recipe names them, it never brings code."""

CFLAG = (
    r"^(-ftrivial-auto-var-init=(pattern|zero)|-Wno-[a-z0-9=+-]+|-fno-[a-z0-9-]+|-fpermissive|-fcommon"
    r"|-fwrapv|-std=(c|gnu)\+\+[0-9]{2})$"
)
CompilerFlag = Annotated[str, Meta(pattern=CFLAG)]
"""The only compiler flags that a recipe can add: none of them reads a file or runs a program."""


class Table(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, rename="kebab"):
    """Base of all tables of a recipe file."""


class Submodule(Table, frozen=True, kw_only=True, forbid_unknown_fields=True, rename="kebab"):
    url: str
    """Upstream's public URL."""
    commit: Commit


class Source(Table, frozen=True, kw_only=True, forbid_unknown_fields=True, rename="kebab"):
    url: str
    """Upstream's public URL (https), or `embedded:OWNER/NAME` for a source that lies beside the recipe."""
    tag: str
    """The release's tag; for people. What is fetched is the commit."""
    commit: Commit
    submodules: dict[RelativePath, Submodule] = {}
    """Path -> where it comes from, for every submodule of every submodule."""
    exclude: tuple[RelativePath, ...] = ()
    """Top-level directories that a build does not need."""
    embedded: Word | None = None
    """Directory beside the recipe that holds the trees of `embedded:` repositories."""


class Toolchain(Table, frozen=True, kw_only=True, forbid_unknown_fields=True, rename="kebab"):
    gcc: Range = ""
    make: Range = ""
    git: Range = ""
    apt: tuple[str, ...] = ()
    """Capabilities out of [apt] that every build needs."""


class Flag(Table, frozen=True, kw_only=True, forbid_unknown_fields=True, rename="kebab"):
    value: FlagValue
    """What is passed to make unless a feature, a rule or --set says otherwise."""
    values: tuple[int | Word, ...] = ()
    """What --set may choose; empty: any word."""
    why: str
    """The reason for `value`, shown in the plan."""


class Make(Table, frozen=True, kw_only=True, forbid_unknown_fields=True, rename="kebab"):
    target: RelativePath
    """The goal that make is asked for."""
    library: RelativePath
    """The library that it leaves."""
    objects: dict[Annotated[str, Meta(pattern=r"^(\.|[A-Za-z0-9_][A-Za-z0-9_./-]*)$")], FlagName]
    """Directory -> make variable that lists the objects built in it; the progress bar counts them."""
    memory_per_job: Annotated[int, Meta(ge=1)]
    """MiB that one compiler needs at its peak, for the choice of jobs."""
    disk: Annotated[int, Meta(ge=1)]
    """MiB that source and build tree take."""


class Evidence(Table, frozen=True, kw_only=True, forbid_unknown_fields=True, rename="kebab"):
    """What shows that a feature is in the library."""

    needed: tuple[str, ...] = ()
    """Beginnings of NEEDED entries: libopenblas."""
    symbols: tuple[str, ...] = ()
    """Dynamic symbols, with `*`: _ZN2cv*."""
    checks: tuple[str, ...] = ()
    """Run-time checks out of the list that mxbuild knows."""


class Feature(Table, frozen=True, kw_only=True, forbid_unknown_fields=True, rename="kebab"):
    summary: str
    default: Literal["on", "off", "auto"]
    """on: an error where it cannot be had; auto: off, with the reason, where it cannot be had."""
    needs: dict[str, Range] = {}
    """Capability of the machine -> version range."""
    requires: tuple[str, ...] = ()
    """Other features."""
    apt: tuple[str, ...] = ()
    """Capabilities out of [apt] that give what it needs."""
    on: dict[FlagName, FlagValue]
    off: dict[FlagName, FlagValue]
    evidence: Evidence = Evidence()


class Packages(Table, frozen=True, kw_only=True, forbid_unknown_fields=True, rename="kebab"):
    packages: tuple[str, ...]
    """Debian package names; "a | b": either will do, a is installed where neither is there."""
    on: dict[str, tuple[str, ...]] = {}
    """Distribution and range ("ubuntu <18.04") -> other names."""


class Compat(Table, frozen=True, kw_only=True, forbid_unknown_fields=True, rename="kebab"):
    """A cure for something that this release does not stand."""

    id: Word
    why: str
    reference: str
    """Upstream file and line, or an issue's URL."""
    when: dict[str, Range] = {}
    """All must match: gcc, opencv, os ...; os takes a distribution and range."""
    feature: str | None = None
    """Only where this feature is on."""
    define: dict[Annotated[str, Meta(pattern="^[A-Za-z_][A-Za-z0-9_]*$")], Annotated[str, Meta(pattern="^[A-Za-z0-9_:]*$")]] = {}
    cflags: tuple[CompilerFlag, ...] = ()
    pkg_config: dict[Word, Word] = {}
    """Alias -> module that has it: opencv = "opencv4"."""
    set: dict[FlagName, FlagValue] = {}
    environment: dict[FlagName, Annotated[str, Meta(pattern="^[A-Za-z0-9_.-]*$")]] = {}


class Requirements(Table, frozen=True, kw_only=True, forbid_unknown_fields=True, rename="kebab"):
    python: Range
    packages: tuple[Annotated[str, Meta(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]*==[A-Za-z0-9.]+$")], ...]
    """Exact pins: numpy==1.26.4."""


class PythonPackage(Table, frozen=True, kw_only=True, forbid_unknown_fields=True, rename="kebab"):
    versions: Range
    """Interpreters that it imports and runs on."""
    package: RelativePath
    """Directory of the Python package in the tree."""
    requirements: tuple[Requirements, ...]
    """First whose range holds the interpreter."""


class Verification(Table, frozen=True, kw_only=True, forbid_unknown_fields=True, rename="kebab"):
    checks: tuple[str, ...]
    """Run for every build, whatever its features."""


class Recipe(Table, frozen=True, kw_only=True, forbid_unknown_fields=True, rename="kebab"):
    """One release: where its source is, how it is built here, and what proves it."""

    format: Literal[1]
    name: Word
    """Name of the Python distribution: mxnet, mini."""
    release: Word
    date: Annotated[str, Meta(pattern=r"^[0-9]{4}-[0-9]{2}-[0-9]{2}$")]
    summary: str
    source: Source
    toolchain: Toolchain
    make: Make
    flags: dict[FlagName, Flag]
    features: dict[Word, Feature]
    apt: dict[Word, Packages]
    compat: tuple[Compat, ...] = ()
    python: PythonPackage
    verify: Verification

    @property
    def id(self) -> str:
        """`mxnet-0.12.1`; the miniature is just `mini`."""
        return self.name if self.name == "mini" else f"{self.name}-{self.release}"
