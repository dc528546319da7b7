"""Values as the rooms below hand them up, made by hand: a screen is tested without what decides."""

import io

import msgspec

from mxbuild.bugreport import Member
from mxbuild.errors import BuildError, Complaint, HostError
from mxbuild.failures import diagnose
from mxbuild.garbage import Found, Item, Kept
from mxbuild.model import (
    Activate,
    Apt,
    Build,
    CaseResult,
    CheckResult,
    Comparison,
    Compiler,
    CreateEnvironment,
    Decision,
    FeatureChoice,
    FeatureResult,
    FetchSource,
    Installed,
    InstallPackages,
    Jobs,
    Make,
    PackageChoice,
    PackWheel,
    Paths,
    Plan,
    Planned,
    Python,
    Receipt,
    Rejected,
    Repository,
    Request,
    Rule,
    Step,
    Target,
    Variable,
    Verify,
)
from mxbuild.recipe import model as recipes
from mxbuild.ui.recipes import Listed

PREFIX = "/home/user/.local/share/mxbuild"
CACHE = "/home/user/.cache/mxbuild"
STATE = "/home/user/.local/state/mxbuild"
FINGERPRINT = "1a2b3c4d5e6f"
NAME = "toy-1.2-cpu-py3.11-9f8e7d6c"
ENVIRONMENT = f"{PREFIX}/envs/{NAME}"
TREE = f"{CACHE}/trees/toy-1.2-{FINGERPRINT}"
WHEEL = f"{PREFIX}/wheels/{FINGERPRINT}/toy-1.2+mxbuild.{FINGERPRINT}-py3-none-linux_x86_64.whl"
COMMIT = "0123456789abcdef0123456789abcdef01234567"

RECIPE = recipes.Recipe(
    format=1,
    name="toy",
    release="1.2",
    date="2017-11-06",
    summary="a release that nobody ever made",
    source=recipes.Source(
        url="https://example.org/acme/toy.git",
        tag="1.2",
        commit=COMMIT,
        submodules={"graph": recipes.Submodule(url="https://example.org/acme/graph", commit=COMMIT[::-1])},
    ),
    toolchain=recipes.Toolchain(gcc=">=4.8,<13", make=">=3.81"),
    make=recipes.Make(
        target="lib/libtoy.so", library="lib/libtoy.so", objects={".": "OBJ"}, memory_per_job=1100, disk=1500
    ),
    flags={
        "DEBUG": recipes.Flag(value=0, values=(0, 1), why="optimised (-O3)"),
        "USE_OPENCV": recipes.Flag(value=0, values=(0, 1), why="set by the feature opencv"),
        "USE_S3": recipes.Flag(value=0, why="upstream's default"),
    },
    features={
        "blas": recipes.Feature(summary="matrix products", default="on", needs={"blas": ""}, on={}, off={}),
        "opencv": recipes.Feature(
            summary="image decoding with OpenCV",
            default="auto",
            needs={"opencv": ">=2.4,<5"},
            on={"USE_OPENCV": 1},
            off={"USE_OPENCV": 0},
        ),
        "jemalloc": recipes.Feature(summary="another allocator", default="off", on={}, off={}),
    },
    apt={"blas": recipes.Packages(packages=("libopenblas-dev",))},
    compat=(
        recipes.Compat(
            id="opencv4-name",
            why="the Makefile asks pkg-config for `opencv` only; OpenCV 4 is called `opencv4`",
            reference="Makefile:97",
            when={"opencv": ">=4"},
        ),
    ),
    python=recipes.PythonPackage(
        versions=">=3.6,<3.14",
        package="python/toy",
        requirements=(recipes.Requirements(python=">=3.9", packages=("numpy==1.26.4",)),),
    ),
    verify=recipes.Verification(checks=("import", "version", "custom_softmax")),
)

NEXT = msgspec.structs.replace(
    RECIPE,
    release="1.3",
    date="2018-02-01",
    proved=(recipes.Proof(build="whole", where="Debian 12", what="verified"),),
    flags={
        "DEBUG": recipes.Flag(value=0, values=(0, 1), why="optimised (-O3)", does="symbols for a debugger"),
        "USE_OPENCV": recipes.Flag(value=0, values=(0, 1), why="set by the feature opencv"),
        "USE_NCCL": recipes.Flag(value=0, values=(0,), why="for several GPUs", does="sums gradients of several GPUs"),
    },
    compat=(msgspec.structs.replace(RECIPE.compat[0], when={"opencv": ">=4.1"}, define={"CV_X": "cv::X"}),),
    cuda=recipes.Cuda(versions=">=8,<12", tested=">=8,<10", libraries=("cudart",), std="c++11", flags=("-O3",)),
)
LISTED = (
    Listed(RECIPE, "", ()),
    Listed(NEXT, "/srv/toy-1.3.toml", ("Python 3.14 is outside >=3.6,<3.14", "no compiler")),
)

COMPILER = Compiler(
    cxx="/usr/bin/g++", cc="/usr/bin/gcc", family="gcc", version="12.2.0", target="x86_64-linux-gnu", source="g++ -v"
)
PYTHON = Python(path="/usr/bin/python3", version="3.11.2", venv=True, system=True, source="/usr/bin/python3")
APT = Apt(
    path="/usr/bin/apt-get",
    right="sudo",
    right_source="sudo -n true",
    interrupted=False,
    lock_holder="",
    lists=True,
    source="/usr/bin/apt-get",
)
RULE = Rule(
    id="opencv4-name",
    why="the Makefile asks pkg-config for `opencv` only; OpenCV 4 is called `opencv4`",
    matched="OpenCV 4.6.0 matches >=4",
    reference="Makefile:97",
)

BLAS = Decision(
    subject="blas", kind="feature", choice="on", why="OpenBLAS 0.3.21 is there", sources=("/usr/include/cblas.h",)
)
OPENCV = Decision(
    subject="opencv",
    kind="feature",
    choice="on",
    why="OpenCV 4.6.0 matches >=2.4,<5",
    asked=True,
    sources=("expected of libopencv-dev in debian 12",),
)
JEMALLOC = Decision(subject="jemalloc", kind="feature", choice="off", why="off unless asked for")
PYTHON_CHOICE = Decision(
    subject="python",
    kind="python",
    choice="/usr/bin/python3 3.11.2",
    why="Python 3.11.2 matches >=3.6,<3.14",
    rejected=(
        Rejected("/usr/bin/python3.5 3.5.9", "Python 3.5.9 is not in >=3.6,<3.14"),
        Rejected("/opt/python3.12/bin/python3.12 3.12.1", "comes later on the list"),
    ),
    sources=("/usr/bin/python3",),
)
DECISIONS = (
    Decision(subject="device", kind="device", choice="cpu", why="--cpu", asked=True),
    BLAS,
    OPENCV,
    JEMALLOC,
    Decision(
        subject="packages",
        kind="packages",
        choice="build-essential libopencv-dev",
        why="2 of 3 are missing; apt-get installs them through sudo",
    ),
    Decision(subject="compiler", kind="compiler", choice="/usr/bin/g++ 12.2.0", why="gcc 12.2.0 matches >=4.8,<13"),
    PYTHON_CHOICE,
    Decision(subject="jobs", kind="jobs", choice="2", why="2 CPUs by affinity"),
    Decision(subject="ccache", kind="cache", choice="off", why="ccache is not installed"),
    Decision(subject="opencv4-name", kind="compat", choice="applies", why=RULE.matched),
    Decision(subject="USE_OPENCV", kind="flag", choice="1", why="opencv is on: OpenCV 4.6.0 matches >=2.4,<5"),
)
VARIABLES = (
    Variable("DEBUG", "0", "optimised (-O3)"),
    Variable("USE_OPENCV", "1", "opencv is on: OpenCV 4.6.0 matches >=2.4,<5"),
    Variable("USE_S3", "0", "upstream's default"),
    Variable("ADD_CFLAGS", "-DCV_LOAD_IMAGE_COLOR=cv::IMREAD_COLOR -ftrivial-auto-var-init=pattern", "opencv4-name"),
)

BUILD = Build(
    recipe=RECIPE,
    request=Request(recipe="toy", device="cpu", wanted={"opencv": True}),
    device="cpu",
    features=(
        FeatureChoice(name="blas", on=True, asked=False, why=BLAS.why),
        FeatureChoice(name="opencv", on=True, asked=True, why=OPENCV.why),
        FeatureChoice(name="jemalloc", on=False, asked=False, why=JEMALLOC.why),
    ),
    compiler=COMPILER,
    target=Target(name="generic"),
    python=PYTHON,
    requirements=("numpy==1.26.4",),
    packages=(
        PackageChoice(name="build-essential", capability="build", why="every build needs it", installed=""),
        PackageChoice(name="libopenblas-dev", capability="blas", why="feature blas", installed="0.3.21+ds-4"),
        PackageChoice(name="libopencv-dev", capability="opencv", why="feature opencv", installed=""),
    ),
    install=("build-essential", "libopencv-dev"),
    apt=APT,
    variables=VARIABLES,
    aliases={"opencv": "opencv4"},
    environment={"PATH": "/usr/bin:/bin", "LC_ALL": "C.UTF-8"},
    rules=(RULE,),
    jobs=Jobs(count=2, limit="2 CPUs by affinity", without_gate=2),
    ccache=None,
    make="/usr/bin/make",
    decisions=DECISIONS,
    expected=("OpenCV 4.6.0, of libopencv-dev in debian 12", "gcc 12.2.0, of build-essential in debian 12"),
    platform="linux_x86_64",
    fingerprint=FINGERPRINT,
)

PATHS = Paths(
    prefix=PREFIX,
    cache=CACHE,
    state=STATE,
    tree=TREE,
    wheel=WHEEL,
    environment=ENVIRONMENT,
    current=f"{PREFIX}/current",
    receipt=f"{ENVIRONMENT}/receipt.json",
    records=f"{STATE}/builds/toy-1.2-{FINGERPRINT}",
)

REPOSITORIES = (
    Repository(path="", url=RECIPE.source.url, origin=RECIPE.source.url, commit=COMMIT),
    Repository(
        path="graph", url="https://example.org/acme/graph", origin="https://example.org/acme/graph", commit=COMMIT[::-1]
    ),
)
MAKE = Make(
    tree=TREE,
    make="/usr/bin/make",
    target="lib/libtoy.so",
    library="lib/libtoy.so",
    variables=VARIABLES,
    objects={".": "OBJ"},
    environment=BUILD.environment,
    aliases=BUILD.aliases,
    compiler=COMPILER,
    ccache="",
    ccache_directory=f"{CACHE}/ccache",
    jobs=2,
    memory=1 << 30,
    launcher=f"{PATHS.records}/bin",
    ledger=f"{PATHS.records}/ledger.jsonl",
    log=f"{PATHS.records}/make.log",
)
STEPS: tuple[tuple[Step, str], ...] = (
    (
        InstallPackages(packages=("build-essential", "libopencv-dev"), right="sudo", unconfigured=False),
        "Install 2 Debian packages",
    ),
    (FetchSource(tree=TREE, repositories=REPOSITORIES, exclude=(), embedded=""), "Fetch 2 pinned repositories"),
    (MAKE, "Compile lib/libtoy.so with 2 jobs"),
    (
        PackWheel(
            tree=TREE, library="lib/libtoy.so", package="python/toy", name="toy", version=f"1.2+mxbuild.{FINGERPRINT}",
            python=">=3.6,<3.14", requires=("numpy",), platform="linux_x86_64", wheel=WHEEL,
        ),
        f"Pack toy 1.2+mxbuild.{FINGERPRINT}",
    ),
    (
        CreateEnvironment(
            environment=ENVIRONMENT, python=PYTHON.path, requirements=BUILD.requirements, wheel=WHEEL,
            log=f"{PATHS.records}/environment.log",
        ),
        "Create the environment",
    ),
    (
        Verify(
            environment=ENVIRONMENT, wheel=WHEEL, package="toy", release="1.2", features=(), checks=("import",),
            log=f"{PATHS.records}/verify.log",
        ),
        "Verify",
    ),
    (
        Activate(environment=ENVIRONMENT, current=PATHS.current, receipt=PATHS.receipt, wheel=WHEEL),
        "Write the receipt and switch to the new environment",
    ),
)  # fmt: skip
TITLES = {step.id: title for step, title in STEPS}

PLAN = Plan(
    build=BUILD,
    steps=tuple(
        Planned(
            step=step,
            title=title,
            action="skip" if step.id == "source" else "run",
            why="done: 2 repositories, 5.2 MB" if step.id == "source" else "not done yet",
            digest="0" * 16,
        )
        for step, title in STEPS
    ),
    paths=PATHS,
)


def passed(name: str, detail: str = "") -> CheckResult:
    return CheckResult(name=name, status="passed", detail=detail, seconds=0.1)


RECEIPT = Receipt(
    mxbuild="0.1.0",
    recipe="toy-1.2",
    release="1.2",
    commit=COMMIT,
    submodules={"graph": COMMIT[::-1]},
    fingerprint=FINGERPRINT,
    finished=1_700_000_000.0,
    host="Debian GNU/Linux 12 (bookworm), x86_64",
    compiler="/usr/bin/g++ 12.2.0",
    python="/usr/bin/python3 3.11.2",
    requirements=("numpy==1.26.4",),
    packages={"libopencv-dev": "4.6.0+dfsg-12"},
    installed_packages=("libopencv-dev",),
    variables=VARIABLES,
    rules=(RULE,),
    wheel=WHEEL,
    wheel_sha256="ab" * 32,
    library_sha256="cd" * 32,
    features=(
        FeatureResult(
            feature="blas", asked="default", decided="on", why=BLAS.why, ok=True,
            evidence=(passed("libopenblas.so.0"), passed("cblas_sgemm"), passed("dot", "3 by 4")),
        ),
        FeatureResult(
            feature="opencv", asked="on", decided="on", why=OPENCV.why, ok=True,
            evidence=(passed("libopencv_imgcodecs.so.406"), passed("_ZN2cv*"), passed("imdecode")),
        ),
        FeatureResult(feature="jemalloc", asked="default", decided="off", why=JEMALLOC.why, ok=True,
            evidence=(passed("no libjemalloc*"),)),
    ),
    checks=(
        passed("import", "toy 1.2"),
        passed("library", f"{ENVIRONMENT}/lib/python3.11/site-packages/toy/libtoy.so"),
        passed("custom_softmax", "largest difference from numpy 3e-08"),
    ),
    seconds={"source": 8.0, "make": 1310.0, "wheel": 4.0, "environment": 12.0, "verify": 3.5},
    ok=True,
)  # fmt: skip

FAILED_RECEIPT = Receipt(
    **{
        **{name: getattr(RECEIPT, name) for name in RECEIPT.__struct_fields__},
        "features": (
            RECEIPT.features[0],
            FeatureResult(
                feature="opencv", asked="on", decided="on", why=OPENCV.why, ok=False,
                evidence=(
                    CheckResult(name="_ZN2cv*", status="failed", detail="expected, but it has no such symbol"),
                    CheckResult(name="imdecode", status="not run", detail="the import failed"),
                ),
            ),
        ),
        "checks": (CheckResult(name="import", status="failed", detail="libtoy.so: undefined symbol: cblas_sgemm"),),
        "ok": False,
    }
)  # fmt: skip

NO_GPU = CheckResult(name="gpu_sum", status="not run", detail="no GPU on this machine", expected=True)

GPU_RECEIPT = Receipt(
    **{
        **{name: getattr(RECEIPT, name) for name in RECEIPT.__struct_fields__},
        "features": (
            *RECEIPT.features,
            FeatureResult(
                feature="cudnn", asked="on", decided="on", why="cuDNN 8.9.2 matches >=5,<9", ok=True,
                evidence=(passed("libcudnn.so.8"), msgspec.structs.replace(NO_GPU, name="gpu_cudnn")),
            ),
        ),
        "checks": (
            *RECEIPT.checks,
            passed("architectures", "sm_90, PTX 9.0 in each of 83 parts"),
            NO_GPU,
        ),
        "cuda": "CUDA 13.0.88 (wheels), sm_90, PTX 9.0",
    }
)  # fmt: skip

INSTALLED = (
    Installed(name=NAME, path=ENVIRONMENT, current=True, receipt=RECEIPT),
    Installed(name="toy-1.2-cpu-py3.9-00112233", path=f"{PREFIX}/envs/other", current=False, receipt=RECEIPT),
)

HOST_ERROR = HostError(
    "toy-1.2 cannot be built on this machine",
    complaints=(
        Complaint(
            "11 packages are missing and mxbuild may not install packages here: not root, and sudo -n true says no",
            "sudo apt-get install -y --no-install-recommends build-essential pkg-config git ca-certificates python3-dev"
            " python3-venv python3-pip libopenblas-dev liblapack-dev libopencv-dev graphviz",
        ),
        Complaint("--with jemalloc: no jemalloc to compile against", "--without jemalloc", "jemalloc"),
    ),
    nearest="mxbuild install toy-1.2 --without jemalloc --no-apt",
)

BUILD_ERROR = BuildError(
    "src/io/image_io.cc:170: 'CV_BGR2RGB' was not declared in this scope",
    details=[
        "src/io/image_io.cc:170:25: error: 'CV_BGR2RGB' was not declared in this scope",
        "  170 |     cv::cvtColor(buf, dst, CV_BGR2RGB);",
        "      |                            ^~~~~~~~~~",
        f"log: {MAKE.log}",
    ],
    remedy="run the same command again: it goes on where it was",
)

COMPARISON = Comparison(
    origin="the PyPI wheel toy 1.2 (Python 3.8.18, numpy 1.23.5, 2026-11-25)",
    results=(
        CaseResult(case="linear_algebra.dot", status="passed", worst=0.031),
        CaseResult(case="linear_algebra.potrf", status="not run", detail="lapack is off"),
        CaseResult(case="linear_algebra.khatri_rao", status="absent", detail="there is no nd.khatri_rao"),
        CaseResult(
            case="ordering.topk",
            status="failed",
            worst=12.0,
            detail="values: 1 of 6 differ, most at [2, 1]: 0.25, not 0.5; places: 1 of 6 differ, most at [2]: 3, not 4",
        ),
        CaseResult(case="ordering.sort", status="passed"),
    ),
)
"""Of four cases that could be compared, one differs."""

GARBAGE = Found(
    items=(
        Item("environments", f"{PREFIX}/envs/toy-1.1-cpu-py3.9-0a1b2c3d", 237_000_000, "was never finished"),
        Item("wheels", f"{PREFIX}/wheels/0a1b2c3d4e5f", 39_000_000, "no environment has it"),
        *(
            Item("trees", f"{CACHE}/trees/toy-1.{n}-{FINGERPRINT}", n * 9_000_000, "its wheel is made")
            for n in range(16)
        ),
        Item(
            "launchers", f"{STATE}/builds/toy-1.2-{FINGERPRINT}/bin", 16_000, "make has ended", f"toy-1.2-{FINGERPRINT}"
        ),
    ),
    kept=(
        Kept("toy-1.3-9f8e7d6c5b4a", 553_000_000, "was stopped; mxbuild install goes on with it", spared=True),
        Kept("compiled objects (ccache)", 1_780_000_000, "makes the next build quicker", spared=True),
        Kept("toy-1.4-9f8e7d6c5b4a", 0, "is being built now", spared=False),
    ),
)
LOG = """\
Package opencv was not found in the pkg-config search path.
Makefile:168: "USE_LAPACK disabled because libraries were not found"
g++ -std=c++11 -c -Wall -O3 -Iinclude -DMXNET_USE_OPENCV=1 -c src/io/image_io.cc -o build/src/io/image_io.o
In file included from src/io/image_io.cc:41:
src/io/./image_augmenter.h:12:30: fatal error: opencv2/opencv.hpp: No such file or directory
   12 | #include <opencv2/opencv.hpp>
      |          ^~~~~~~~~~~~~~~~~~~~
compilation terminated.
make: *** [Makefile:372: build/src/io/image_io.o] Error 1
/usr/bin/ld: cannot find -lcblas
"""
DIAGNOSIS = diagnose(io.BytesIO(LOG.encode()))
UNKNOWN_DIAGNOSIS = diagnose(io.BytesIO(b"src/a.cc:3:1: error: nobody has ever seen this\nmake: *** [all] Error 1\n"))
NO_DIAGNOSIS = diagnose(io.BytesIO(b"g++ -c a.cc\nall is well\n"))

MEMBERS = (
    Member("CONTENTS.txt", b"x" * 700, "this list"),
    Member("doctor.json", b"x" * 13_000, "what mxbuild doctor says"),
    Member(f"builds/toy-1.2-{FINGERPRINT}/journal.jsonl", b"x" * 14_000, "steps that were finished"),
    Member(f"builds/toy-1.2-{FINGERPRINT}/make.log", b"x" * 900_000, "its last log"),
    Member("machine/commands.toml", b"x" * 4000, "the machine, as mxbuild detect --capture writes it"),
    Member("machine/root/etc/os-release", b"x"),
    Member("machine/root/usr/lib/os-release", link="../../etc/os-release"),
)
