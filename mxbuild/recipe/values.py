"""What a single value of a recipe can be: closed vocabularies, and patterns that hold nothing that could run.

The description of a type completes the sentence "... is not" when a value does not fit.
"""

import re
from typing import Annotated, Literal, get_args

from msgspec import Meta


def _whole(pattern: str) -> str:
    r"""`pattern` for the whole text: validators search, and `$` alone would let a newline follow.

    In the dialect that Python and JSON Schema share (which has no `\Z`).
    """
    return rf"^(?:{pattern})$(?!\n)"


Capability = Literal[
    "blas", "lapack", "opencv", "jemalloc", "graphviz", "openmp", "cmake", "protoc", "protobuf", "zmq", "cuda", "cudnn",
    "gpu",
]  # fmt: skip
"""What a feature can need of a machine."""
CAPABILITIES: tuple[str, ...] = get_args(Capability)

PLACEHOLDERS = ("{lapack.directory}", "{blas.directory}", "{blas.provider}", "{cuda.root}")
"""What a flag's value can stand for; replaced by facts of the machine."""

Subject = Literal[
    "gcc", "clang", "make", "cmake", "opencv", "blas", "lapack", "protobuf", "python", "numpy", "glibc", "cuda",
    "cudnn", "os", "arch",
]  # fmt: skip
"""What a rule's `when` can look at."""
SUBJECTS: tuple[str, ...] = get_args(Subject)

Shim = Literal["numpy-names", "numpy-scalars", "distutils-version", "yield-in-comprehension"]
"""Modules of ours that the wheel can put in front of upstream's; each says in data/shims what it cures."""

Check = Literal[
    "import",
    "version",
    "library",
    "dot",
    "linalg_potrf",
    "imdecode",
    "plot_network",
    "onednn",
    "openmp",
    "numeric_gradient",
    "ndarray_iter",
    "data_iter",
    "python_op",
    "numpy_op",
    "ndarray_op",
    "custom_op",
    "custom_softmax",
    "train_mlp",
    "fine_tuning",
    "gpu_sum",
    "gpu_convolution",
    "gpu_softmax",
    "gpu_cudnn",
]
"""Run-time checks that mxbuild knows; a recipe names them, it never brings code."""
CHECKS: tuple[str, ...] = get_args(Check)

TestSubject = Literal["python", "numpy", "scipy", "gcc", "arch"]
"""What the `when` of a known failure can look at: what the tests run with, and what the library was built with."""
TEST_SUBJECTS: tuple[str, ...] = get_args(TestSubject)

FailureKind = Literal[
    "network", "numpy", "python", "nose", "packages", "flag", "cpu", "upstream", "random", "crash", "time"
]
"""Why a test of upstream's fails though the library is right. network: it downloads; numpy, python, nose, packages:
written for others than run it; flag: needs a make flag that is off; cpu: needs another processor, or more of it;
upstream: a fault of the release itself; random: fails for some seeds; crash, time: kills its process, or never ends."""
FAILURE_KINDS: tuple[str, ...] = get_args(FailureKind)

LARGEST = 2**31 - 1
"""Of all numbers in a recipe."""

Count = Annotated[int, Meta(ge=1, le=LARGEST)]

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
_FLAG_WORDS = "a word of letters, digits and _ . / + - that has no dash in front and no `..`"
FlagNumber = Annotated[int, Meta(ge=0, le=LARGEST)]
FlagWord = Annotated[str, Meta(pattern=_whole(_FLAG), description=f"a number or {_FLAG_WORDS}")]
FlagChoice = FlagNumber | FlagWord
FlagText = Annotated[
    str,
    Meta(
        pattern=_whole("|".join([*map(re.escape, PLACEHOLDERS), _FLAG])),
        description=f"a number, a placeholder or {_FLAG_WORDS}",
    ),
]
FlagValue = FlagNumber | FlagText
"""A number, a word without blanks or `$` (make would expand it), or one placeholder out of PLACEHOLDERS."""

CompilerFlag = Annotated[
    str,
    Meta(
        pattern=_whole(
            "-ftrivial-auto-var-init=(?:pattern|zero)|-ftree-loop-if-convert|-Wno-[a-z0-9=+-]+|-fno-[a-z0-9-]+"
            r"|-fpermissive|-fcommon|-fwrapv|-std=(?:c|gnu)\+\+[0-9]{2}"
        ),
        description="one of the compiler flags that a recipe may add: -ftrivial-auto-var-init=pattern|zero, "
        "-ftree-loop-if-convert, -Wno-..., -fno-..., -fpermissive, -fcommon, -fwrapv, -std=c++NN, -std=gnu++NN",
    ),
]
"""The only compiler flags that a recipe can add: none of them reads a file or runs a program."""

Std = Literal["c++11", "c++14", "c++17"]
"""Dialects that nvcc takes."""
NvccFlag = Annotated[
    str,
    Meta(
        pattern=_whole(
            "-O[0-3]|-lineinfo|--expt-relaxed-constexpr|--expt-extended-lambda|-Wno-deprecated-gpu-targets"
            "|-Xcompiler=-D_FORCE_INLINES"
        ),
        description="one of the flags that a recipe may give to nvcc: -O0 ... -O3, -lineinfo, "
        "--expt-relaxed-constexpr, --expt-extended-lambda, -Wno-deprecated-gpu-targets, "
        "-Xcompiler=-D_FORCE_INLINES",
    ),
]
Token = Annotated[
    str,
    Meta(
        pattern=_whole("[A-Za-z_][A-Za-z0-9_]*(?:::[A-Za-z_][A-Za-z0-9_]*)*"),
        description="a name of C++ or Python, with or without namespaces",
    ),
]
SourceFile = Annotated[
    str,
    Meta(
        pattern=_whole(rf"{_PATH}\.(?:c|cc|cpp|cu|cuh|h|hpp|py)"),
        description="a path of a C++, CUDA or Python source below the tree's top",
    ),
]

HeaderFile = Annotated[
    str,
    Meta(pattern=_whole(rf"{_PATH}\.(?:h|hpp|cuh)"), description="a path of a header below the tree's top"),
]

MacroName = Annotated[str, Meta(pattern=_whole("[A-Za-z_][A-Za-z0-9_]*"), description="a macro's name")]
MacroText = Annotated[
    str, Meta(pattern=_whole("[A-Za-z0-9_:]*"), description="a macro's text of letters, digits, _ and :")
]
Variable = Annotated[
    str,
    Meta(
        pattern=_whole(
            "(?:MXNET|DMLC|NNVM|OPENBLAS|GOMP)_[A-Z0-9_]+|OMP_NUM_THREADS|CMAKE_POLICY_VERSION_MINIMUM"
            "|SOURCE_DATE_EPOCH|LC_ALL|TZ"
        ),
        description="one of the environment variables that a recipe may set: MXNET_..., DMLC_..., NNVM_..., "
        "OPENBLAS_..., GOMP_..., OMP_NUM_THREADS, CMAKE_POLICY_VERSION_MINIMUM, SOURCE_DATE_EPOCH, LC_ALL, TZ",
    ),
]
"""A closed list: PATH, LD_PRELOAD, MAKEFLAGS and their like run programs."""
VariableText = Annotated[
    str, Meta(pattern=_whole("(?:[A-Za-z0-9_][A-Za-z0-9_.-]*)?"), description="a word of letters, digits and _ . -")
]

_DEBIAN = "[a-z0-9][a-z0-9+.-]*[a-z0-9+.]"  # a dash at the end would make apt-get remove the package
DebianPackages = Annotated[
    str,
    Meta(
        pattern=_whole(rf"{_DEBIAN}(?: ?\| ?{_DEBIAN})*"),
        description="a Debian package's name, or several as in a | b",
    ),
]
PIN = "[A-Za-z0-9][A-Za-z0-9._-]*==[A-Za-z0-9.]+"
Pin = Annotated[
    str,
    Meta(
        pattern=_whole(PIN),
        description="an exact pin like numpy==1.26.4",
    ),
]
LibraryName = Annotated[
    str, Meta(pattern=_whole("[A-Za-z0-9_][A-Za-z0-9_.+-]*"), description="the beginning of a library's file name")
]
Symbol = Annotated[
    str,
    Meta(
        pattern=_whole(r"[A-Za-z0-9_*][A-Za-z0-9_.*]*"), description="a symbol's name, in which * stands for anything"
    ),
]
Date = Annotated[
    str,
    Meta(pattern=_whole("[0-9]{4}-[0-9]{2}-[0-9]{2}"), description='a date in quotes, like "2017-11-06"'),
]
TestPattern = Annotated[
    str,
    Meta(
        pattern=_whole(r"[A-Za-z0-9_*?][A-Za-z0-9_./*?-]*\.py(?:::[A-Za-z0-9_*?()][A-Za-z0-9_.:*?()\[\]-]*)?"),
        description="a test file like test_image.py, or a test in it like test_image.py::test_crop (* and ?: anything)",
    ),
]
