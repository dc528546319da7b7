"""cuDNN and NCCL: header and library, both versions, several majors, and where the two disagree."""

from collections.abc import Sequence

import pytest

from mxbuild.detect import cuda_libraries
from mxbuild.model import CudaLibrary, Note, Toolkit
from mxbuild.system import System
from tests.detect.machine import Build

TRIPLET = "x86_64-linux-gnu"
LIB = f"/usr/lib/{TRIPLET}"
INCLUDE = f"/usr/include/{TRIPLET}"
TOOLKIT = Toolkit(
    version="11.4.152", root="/usr/local/cuda-11.4", nvcc="/usr/local/cuda-11.4/bin/nvcc", layout="nvidia",
    include="/usr/local/cuda-11.4/include", libraries="/usr/local/cuda-11.4/lib64", stubs="", parts=(), gcc="11",
    found="PATH", source="nvcc",
)  # fmt: skip


def look(
    system: System, toolkits: Sequence[Toolkit] = (), cudnn: str | None = None
) -> tuple[tuple[CudaLibrary, ...], list[str]]:
    notes: list[Note] = []
    return cuda_libraries.look(system, TRIPLET, toolkits, notes, cudnn), [note.text for note in notes]


def header(version: str, name: str = "CUDNN") -> str:
    last = "PATCHLEVEL" if name == "CUDNN" else "PATCH"
    major, minor, patch = version.split(".")
    return f"#define {name}_MAJOR {major}\n#define {name}_MINOR {minor}\n#define {name}_{last} {patch}\n"


def alternatives(*versions: str) -> tuple[dict[str, str], dict[str, str]]:
    """Files and links of NVIDIA's packages for these versions; the first is the one that is chosen."""
    files, links = {}, {}
    for version in versions:
        major = version.partition(".")[0]
        new = int(major) >= 8
        files[f"{INCLUDE}/cudnn_v{major}.h"] = "" if new else header(version)
        if new:
            files[f"{INCLUDE}/cudnn_version_v{major}.h"] = header(version)
        files[f"{LIB}/libcudnn.so.{version}"] = ""
        links[f"{LIB}/libcudnn.so.{major}"] = f"libcudnn.so.{version}"
    major = versions[0].partition(".")[0]
    links |= {
        "/usr/include/cudnn.h": "/etc/alternatives/libcudnn",
        "/etc/alternatives/libcudnn": f"{INCLUDE}/cudnn_v{major}.h",
        f"{LIB}/libcudnn.so": "/etc/alternatives/libcudnn_so",
        "/etc/alternatives/libcudnn_so": f"{LIB}/libcudnn.so.{major}",
    }
    return files, links


@pytest.mark.parametrize(
    ("version", "source"),
    [
        ("7.6.5", "/usr/include/cudnn.h"),
        ("8.9.2", f"{INCLUDE}/cudnn_version_v8.h"),
        ("9.1.0", f"{INCLUDE}/cudnn_version_v9.h"),
    ],
)
def test_nvidias_packages(build: Build, version: str, source: str) -> None:
    files, links = alternatives(version)
    found, notes = look(build(files, links=links))
    assert found == (
        CudaLibrary(
            name="cudnn",
            version=version,
            library_version=version,
            header="/usr/include/cudnn.h",
            library=f"{LIB}/libcudnn.so",
            source=source,
        ),
    )
    assert notes == []


def test_two_majors_the_chosen_one_first(build: Build) -> None:
    files, links = alternatives("8.9.2", "9.1.0")
    found, notes = look(build(files, links=links))
    assert [(c.version, c.library_version, c.header, c.library) for c in found] == [
        ("8.9.2", "8.9.2", "/usr/include/cudnn.h", f"{LIB}/libcudnn.so"),
        ("9.1.0", "9.1.0", f"{INCLUDE}/cudnn_v9.h", ""),
    ]
    assert notes == []


def test_header_and_library_of_two_majors(build: Build) -> None:
    files, links = alternatives("7.6.5", "8.9.2")
    links["/etc/alternatives/libcudnn_so"] = f"{LIB}/libcudnn.so.8"
    found, notes = look(build(files, links=links))
    assert (found[0].version, found[0].library_version) == ("7.6.5", "8.9.2")
    library = f"{LIB}/libcudnn.so"
    assert notes == [f"/usr/include/cudnn.h is cuDNN 7.6.5, but {library} is 8.9.2; a build against both cannot work"]


def test_the_archive_unpacked_over_a_toolkit_comes_before_the_machines(build: Build) -> None:
    files, links = alternatives("7.6.5")
    root = TOOLKIT.root
    files |= {f"{root}/include/cudnn.h": "", f"{root}/include/cudnn_version.h": header("8.2.4")}
    files[f"{root}/lib64/libcudnn.so.8.2.4"] = ""
    links |= {f"{root}/lib64/libcudnn.so": "libcudnn.so.8", f"{root}/lib64/libcudnn.so.8": "libcudnn.so.8.2.4"}
    found, _ = look(build(files, links=links), [TOOLKIT])
    assert [(c.version, c.library) for c in found] == [
        ("8.2.4", f"{root}/lib64/libcudnn.so"),
        ("7.6.5", f"{LIB}/libcudnn.so"),
    ]


def test_the_option_then_the_variable_then_the_rest(build: Build) -> None:
    files, links = alternatives("7.6.5")
    for place, version in (("/given", "8.0.5"), ("/own", "8.1.1")):
        files |= {f"{place}/include/cudnn.h": header(version), f"{place}/lib/libcudnn.so": ""}
    system = build(files, links=links, environ={"CUDNN_ROOT": "/own/"})
    found, notes = look(system, cudnn="/given/")
    assert [(c.version, c.library_version, c.library) for c in found] == [
        ("8.0.5", "", "/given/lib/libcudnn.so"),
        ("8.1.1", "", "/own/lib/libcudnn.so"),
        ("7.6.5", "7.6.5", f"{LIB}/libcudnn.so"),
    ]
    assert notes == []


def test_an_option_and_variables_that_name_nothing(build: Build) -> None:
    files, links = alternatives("7.6.5")
    environ = {"CUDNN_ROOT": "/own", "NCCL_ROOT": "/usr/local/"}
    found, notes = look(build(files, links=links, environ=environ), cudnn="/nowhere")
    assert [c.version for c in found] == ["7.6.5"]
    assert notes == [
        "--cudnn names /nowhere, but it has no include/cudnn.h that says its version",
        "CUDNN_ROOT names /own, but it has no include/cudnn.h that says its version",
        "NCCL_ROOT names /usr/local/, but it has no include/nccl.h that says its version",
    ]


def test_wheels(build: Build) -> None:
    place = "/home/user/.local/lib/python3.10/site-packages/nvidia/cudnn"
    files = {
        f"{place}/include/cudnn.h": "",
        f"{place}/include/cudnn_version.h": header("9.6.0"),
        f"{place}/lib/libcudnn.so.9": "",
    }
    (found,), notes = look(build(files))
    assert (found.version, found.library_version, found.library, notes) == ("9.6.0", "9", "", [])


def test_a_library_without_its_header(build: Build) -> None:
    found, notes = look(build({f"{LIB}/libcudnn.so.8.9.2": ""}, links={f"{LIB}/libcudnn.so.8": "libcudnn.so.8.9.2"}))
    assert found == ()
    assert notes == [f"{LIB}/libcudnn.so.8 is there, but cudnn.h is not: the package for developers is missing"]


def test_a_header_that_does_not_say_its_version(build: Build) -> None:
    found, notes = look(build({"/usr/include/cudnn.h": "#define CUDNN_MAJOR 8\n"}))
    assert (found, notes) == ((), ["/usr/include/cudnn.h does not say its version; left out"])


def test_nccl(build: Build) -> None:
    files = {"/usr/include/nccl.h": header("2.18.5", "NCCL"), f"{LIB}/libnccl.so.2.18.5": ""}
    links = {f"{LIB}/libnccl.so": "libnccl.so.2", f"{LIB}/libnccl.so.2": "libnccl.so.2.18.5"}
    (found,), notes = look(build(files, links=links))
    assert (found.name, found.version, found.library_version, found.library) == (
        "nccl",
        "2.18.5",
        "2.18.5",
        f"{LIB}/libnccl.so",
    )
    assert notes == []
