"""What a recipe file says, as it says it. Nothing here is decided yet.

The docstring under a field is its description in the exported JSON Schema; the description of a type
completes the sentence "... is not" when a value does not fit.
"""

import re
from typing import Annotated, Literal, get_args

import msgspec
from msgspec import Meta


def _whole(pattern: str) -> str:
    """`pattern` for the whole text: validators search, and `$` alone would let a newline follow.

    In the dialect that Python and JSON Schema share (which has no `\\Z`).
    """
    return rf"^(?:{pattern})$(?!\n)"


Capability = Literal["blas", "lapack", "opencv", "jemalloc", "graphviz", "openmp", "cuda", "cudnn", "gpu"]
"""What a feature can need of a machine."""
CAPABILITIES: tuple[str, ...] = get_args(Capability)

PLACEHOLDERS = ("{lapack.directory}", "{blas.directory}", "{blas.provider}", "{cuda.root}")
"""What a flag's value can stand for; replaced by facts of the machine."""

Subject = Literal["gcc", "clang", "make", "opencv", "blas", "lapack", "python", "glibc", "cuda", "cudnn", "os", "arch"]
"""What a rule's `when` can look at."""
SUBJECTS: tuple[str, ...] = get_args(Subject)

Check = Literal[
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
]
"""Run-time checks that mxbuild knows; a recipe names them, it never brings code."""
CHECKS: tuple[str, ...] = get_args(Check)

LARGEST = 2**31 - 1
"""Of all numbers in a recipe."""

Commit = Annotated[
    str, Meta(pattern=_whole("[0-9a-f]{40}"), description="a whole commit id: 40 digits out of 0-9 and a-f")
]
Word = Annotated[
    str,
    Meta(pattern=_whole("[A-Za-z0-9][A-Za-z0-9_.+-]*"), description="a word of letters, digits and _ . + -"),
]
Line = Annotated[
    str,
    Meta(
        pattern=_whole(r"[^\u0000-\u001f\u007f-\u009f\u2028-\u202e\u2066-\u2069]+"),
        description="one line of text without control characters",
    ),
]
"""For people. It ends up in terminals and in comments of scripts, so it must stay one harmless line."""

_PATH = "[A-Za-z0-9_][A-Za-z0-9_.+-]*(?:/[A-Za-z0-9_][A-Za-z0-9_.+-]*)*"
RelativePath = Annotated[
    str,
    Meta(pattern=_whole(_PATH), description="a path below the tree's top, whose parts begin with a letter, digit or _"),
]
Directory = Annotated[
    str, Meta(pattern=_whole(rf"\.|{_PATH}"), description="a path below the tree's top, or . for the top itself")
]
Url = Annotated[
    str,
    Meta(
        pattern=_whole(
            r"(?!.*\.\.)https://[a-z0-9][a-z0-9.-]*(?::[0-9]{1,5})?(?:/[A-Za-z0-9_][A-Za-z0-9_.+~-]*){2,}/?"
            "|embedded:[A-Za-z0-9][A-Za-z0-9_.+-]*/[A-Za-z0-9][A-Za-z0-9_.+-]*"
        ),
        description="a URL https://HOST/OWNER/NAME or embedded:OWNER/NAME",
    ),
]
"""No user, no query, no escape, no other scheme: git runs programs for some."""

Range = Annotated[
    str,
    Meta(
        pattern=_whole("[0-9.,<>=!~* ]*"),
        max_length=100,
        description="a version range as PEP 440 has it, like >=4.8,<13 (empty: any)",
    ),
]
Selector = Annotated[
    str,
    Meta(
        pattern=_whole("[a-z0-9][a-z0-9._-]*(?: [0-9.,<>=!~* ]+)?"),
        max_length=100,
        description="a distribution's id, with or without a range of its releases, like ubuntu >=20.04,<22.04",
    ),
]
Condition = Annotated[
    str,
    Meta(
        pattern=_whole("[A-Za-z0-9_.,<>=!~* -]*"),
        max_length=100,
        description="a version range (for os a distribution and range, for arch a name out of `uname -m`)",
    ),
]

FlagName = Annotated[
    str,
    Meta(pattern=_whole("[A-Z][A-Z0-9_]*"), description="a make variable's name of capitals, digits and _"),
]
_FLAG = r"(?!-)(?!.*\.\.)[A-Za-z0-9_./+-]*"
FlagNumber = Annotated[int, Meta(ge=0, le=LARGEST)]
FlagWord = Annotated[
    str,
    Meta(
        pattern=_whole(_FLAG),
        description="a number, or a word of letters, digits and _ . / + - without a dash in front",
    ),
]
FlagChoice = FlagNumber | FlagWord
FlagText = Annotated[
    str,
    Meta(
        pattern=_whole("|".join([*map(re.escape, PLACEHOLDERS), _FLAG])),
        description="a number, a word of letters, digits and _ . / + - without a dash in front, or a placeholder",
    ),
]
FlagValue = FlagNumber | FlagText
"""A number, a word without blanks or `$` (make would expand it), or one placeholder out of PLACEHOLDERS."""

CompilerFlag = Annotated[
    str,
    Meta(
        pattern=_whole(
            "-ftrivial-auto-var-init=(?:pattern|zero)|-Wno-[a-z0-9=+-]+|-fno-[a-z0-9-]+|-fpermissive|-fcommon"
            r"|-fwrapv|-std=(?:c|gnu)\+\+[0-9]{2}"
        ),
        description="one of the compiler flags that a recipe may add: -ftrivial-auto-var-init=pattern|zero, -Wno-..., "
        "-fno-..., -fpermissive, -fcommon, -fwrapv, -std=c++NN, -std=gnu++NN",
    ),
]
"""The only compiler flags that a recipe can add: none of them reads a file or runs a program."""

MacroName = Annotated[str, Meta(pattern=_whole("[A-Za-z_][A-Za-z0-9_]*"), description="a macro's name")]
MacroText = Annotated[
    str, Meta(pattern=_whole("[A-Za-z0-9_:]*"), description="a macro's text of letters, digits, _ and :")
]
Variable = Annotated[
    str,
    Meta(
        pattern=_whole("(?:MXNET|DMLC|NNVM|OPENBLAS|GOMP)_[A-Z0-9_]+|OMP_NUM_THREADS|SOURCE_DATE_EPOCH|LC_ALL|TZ"),
        description="one of the environment variables that a recipe may set: MXNET_..., DMLC_..., NNVM_..., "
        "OPENBLAS_..., GOMP_..., OMP_NUM_THREADS, SOURCE_DATE_EPOCH, LC_ALL, TZ",
    ),
]
"""A closed list: PATH, LD_PRELOAD, MAKEFLAGS and their like run programs."""
VariableText = Annotated[
    str, Meta(pattern=_whole("[A-Za-z0-9_.-]*"), description="a word of letters, digits and _ . -")
]

_DEBIAN = "[a-z0-9][a-z0-9+.-]*[a-z0-9+.]"  # a dash at the end would make apt-get remove the package
DebianPackages = Annotated[
    str,
    Meta(
        pattern=_whole(rf"{_DEBIAN}(?: ?\| ?{_DEBIAN})*"),
        description="a Debian package's name, or several as in a | b",
    ),
]
Pin = Annotated[
    str,
    Meta(
        pattern=_whole("[A-Za-z0-9][A-Za-z0-9._-]*==[A-Za-z0-9.]+"),
        description="an exact pin like numpy==1.26.4",
    ),
]
LibraryName = Annotated[
    str, Meta(pattern=_whole("[A-Za-z0-9_][A-Za-z0-9_.+-]*"), description="the beginning of a library's file name")
]
Symbol = Annotated[
    str, Meta(pattern=_whole("[A-Za-z0-9_.*]+"), description="a symbol's name, in which * stands for anything")
]
Date = Annotated[
    str,
    Meta(pattern=_whole("[0-9]{4}-[0-9]{2}-[0-9]{2}"), description='a date in quotes, like "2017-11-06"'),
]


class Table(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, rename="kebab"):
    """Base of all tables of a recipe file.

    msgspec hands `rename` and `forbid_unknown_fields` down; kw_only and frozen each class has to repeat.
    """


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


class Make(Table, frozen=True, kw_only=True):
    """What make is asked for, and what it takes."""

    target: RelativePath
    """The goal that make is asked for."""
    library: RelativePath
    """The library that it leaves."""
    objects: dict[Directory, FlagName]
    """Directory -> make variable that lists the objects built in it; the progress bar counts them."""
    memory_per_job: Annotated[int, Meta(ge=1, le=LARGEST)]
    """MiB that one compiler needs at its peak, for the choice of jobs."""
    disk: Annotated[int, Meta(ge=1, le=LARGEST)]
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
    evidence: Evidence = Evidence()
    """What shows that it is in the library."""


class Packages(Table, frozen=True, kw_only=True):
    """The Debian packages that give a capability."""

    packages: tuple[DebianPackages, ...]
    """Debian package names; "a | b": either will do, a is installed where neither is there."""
    on: dict[Selector, tuple[DebianPackages, ...]] = {}
    """Distribution and range ("ubuntu <18.04") -> other names."""


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
    pkg_config: dict[Word, Word] = {}
    """Alias -> module that has it: opencv = "opencv4"."""
    set: dict[FlagName, FlagValue] = {}
    """Flags -> other values."""
    environment: dict[Variable, VariableText] = {}
    """Environment of make."""


class Requirements(Table, frozen=True, kw_only=True):
    """What is installed beside the library for some interpreters."""

    python: Range
    """The interpreters."""
    packages: tuple[Pin, ...]
    """Exact pins: numpy==1.26.4."""


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
    source: Source
    toolchain: Toolchain
    make: Make
    flags: dict[FlagName, Flag]
    """Every make variable that shapes the library."""
    features: dict[Word, Feature]
    """What a build can have or lack."""
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
