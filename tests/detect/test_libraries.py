import pytest

from mxbuild.detect import libraries
from mxbuild.model import Library, Note
from mxbuild.system import System
from tests.detect.machine import Build

T = "x86_64-linux-gnu"
LIB = f"/usr/lib/{T}"
OPENCV = "prefix=/usr\nlibdir=${prefix}/lib/x86_64-linux-gnu\nVersion: 4.6.0\nCflags: -I${prefix}/include/opencv4\n"


def look(system: System, packages: dict[str, str] | None = None) -> tuple[dict[str, Library], list[str]]:
    notes: list[Note] = []
    return libraries.look(system, T, packages or {}, notes), [n.text for n in notes]


def test_openblas_behind_alternatives(build: Build) -> None:
    system = build(
        {
            f"{LIB}/openblas-pthread/libopenblasp-r0.3.21.so": "",
            f"{LIB}/pkgconfig/openblas.pc": "version=0.3.21\nVersion: ${version}",
            f"/usr/include/{T}/cblas.h": "",
        },
        links={
            f"{LIB}/libopenblas.so": "/etc/alternatives/x",
            "/etc/alternatives/x": f"{LIB}/openblas-pthread/libopenblas.so",
            f"{LIB}/openblas-pthread/libopenblas.so": "libopenblasp-r0.3.21.so",
        },
    )
    found, notes = look(system)
    assert found["blas"] == Library(
        name="blas",
        provider="openblas",
        version="0.3.21",
        header=f"/usr/include/{T}/cblas.h",
        library=f"{LIB}/libopenblas.so",
        directory=LIB,
        real=f"{LIB}/openblas-pthread/libopenblasp-r0.3.21.so",
        pkg_config="openblas",
        source=f"{LIB}/pkgconfig/openblas.pc",
    )
    assert notes == []


def test_openblas_without_its_header_is_no_blas(build: Build) -> None:
    found, notes = look(build({"/usr/lib64/libopenblas.so": "", "/usr/include/openblas/cblas.h": ""}))
    assert "blas" not in found
    assert "/usr/include/openblas/cblas.h, where compilers do not look" in notes[0]


def test_runtime_libraries_alone_are_nothing_to_compile_against(build: Build) -> None:
    files = {
        f"{LIB}/libopenblas.so.0": "",
        f"/usr/include/{T}/cblas.h": "",
        f"{LIB}/liblapack.so.3": "",
        f"{LIB}/libjemalloc.so.2": "",
    }
    assert look(build(files)) == ({}, [])


@pytest.mark.parametrize(
    ("files", "packages", "version", "source"),
    [
        (
            {"/usr/include/openblas_config.h": '#define OPENBLAS_VERSION " OpenBLAS 0.3.10 "'},
            {},
            "0.3.10",
            "/usr/include/openblas_config.h",
        ),
        ({}, {"libopenblas-dev": "0.2.18-1ubuntu1"}, "0.2.18", "dpkg: libopenblas-dev 0.2.18-1ubuntu1"),
        (
            {"/usr/lib/pkgconfig/openblas.pc": "Version:\n"},
            {"libopenblas-dev": "0.3.8+ds-1"},
            "0.3.8",
            "dpkg: libopenblas-dev 0.3.8+ds-1",
        ),
        ({}, {}, "", "/usr/lib/libopenblas.so"),
    ],
)
def test_openblas_version_by_what_says_it(
    build: Build, files: dict[str, str], packages: dict[str, str], version: str, source: str
) -> None:
    found, _ = look(build({"/usr/lib/libopenblas.so": "", "/usr/include/cblas.h": "", **files}), packages)
    assert (found["blas"].version, found["blas"].source) == (version, source)


def test_dpkg_says_nothing_about_what_was_built_by_hand(build: Build) -> None:
    files = {"/usr/local/lib/libopenblas.so": "", "/usr/local/include/cblas.h": ""}
    found, _ = look(build(files), {"libopenblas-dev": "0.3.8"})
    assert (found["blas"].directory, found["blas"].version) == ("/usr/local/lib", "")


def test_lapack_says_who_provides_it(build: Build) -> None:
    files = {f"{LIB}/lapack/liblapack.a": ""}
    packages = {"liblapack-dev": "3.11.0-2", "libopenblas-dev": "0.3.21+ds-4"}
    found, _ = look(build(files, links={f"{LIB}/liblapack.a": f"{LIB}/lapack/liblapack.a"}), packages)
    lapack = found["lapack"]
    assert (lapack.provider, lapack.version, lapack.directory) == ("reference", "3.11.0", LIB)


def test_lapack_of_openblas(build: Build) -> None:
    links = {"/usr/lib/liblapack.a": "openblas-base/liblapack.a"}
    found, _ = look(build({"/usr/lib/openblas-base/liblapack.a": ""}, links=links), {"libopenblas-dev": "0.2.18-1"})
    lapack = found["lapack"]
    assert (lapack.provider, lapack.version, lapack.directory) == ("openblas", "0.2.18", "/usr/lib")


def test_opencv_by_its_pkg_config_file(build: Build) -> None:
    files = {
        f"{LIB}/pkgconfig/opencv4.pc": OPENCV,
        f"{LIB}/libopencv_core.so": "",
        "/usr/include/opencv4/opencv2/opencv.hpp": "",
    }
    found, notes = look(build(files))
    opencv = found["opencv"]
    assert (opencv.pkg_config, opencv.version, opencv.directory) == ("opencv4", "4.6.0", LIB)
    assert opencv.header == "/usr/include/opencv4/opencv2/opencv.hpp"
    assert notes == []


def test_an_old_opencv_in_a_place_that_the_user_names(build: Build) -> None:
    system = build(
        {
            "/opt/cv/lib/pkgconfig/opencv.pc": (
                "prefix=/opt/cv\nVersion: 3.4.16\nLibs: -L${prefix}/lib\nCflags: -I${prefix}/include"
            ),
            "/opt/cv/lib/libopencv_core.so": "",
            "/opt/cv/include/opencv2/opencv.hpp": "",
        },
        environ={"PKG_CONFIG_PATH": "/opt/cv/lib/pkgconfig"},
    )
    opencv = look(system)[0]["opencv"]
    assert (opencv.pkg_config, opencv.version, opencv.library) == ("opencv", "3.4.16", "/opt/cv/lib/libopencv_core.so")


@pytest.mark.parametrize(
    ("text", "missing"),
    [
        (OPENCV, "libopencv_core.so and opencv2/opencv.hpp"),
        ("Requires: opencv5\n", "libopencv_core.so and opencv2/opencv.hpp"),
    ],
)
def test_a_pkg_config_file_alone_is_no_opencv(build: Build, text: str, missing: str) -> None:
    found, notes = look(build({f"{LIB}/pkgconfig/opencv.pc": text}))
    assert found == {}
    assert notes == [f"{LIB}/pkgconfig/opencv.pc without {missing}"]


def test_opencv_without_a_version_is_not_trusted(build: Build) -> None:
    files = {
        f"{LIB}/pkgconfig/opencv.pc": "Version: @VERSION@",
        f"{LIB}/libopencv_core.so": "",
        "/usr/include/opencv2/opencv.hpp": "",
    }
    assert look(build(files)) == ({}, [f"{LIB}/pkgconfig/opencv.pc without a version"])


def test_jemalloc(build: Build) -> None:
    header = '#define JEMALLOC_VERSION "5.3.0-0-g54eaed1d8b56b1aa528be3bdd1877e59c56fa90c"\n'
    found, _ = look(build({f"{LIB}/libjemalloc.so": "", "/usr/include/jemalloc/jemalloc.h": header}))
    assert (found["jemalloc"].version, found["jemalloc"].source) == ("5.3.0", "/usr/include/jemalloc/jemalloc.h")


def test_protocol_buffers_and_zeromq_with_header_and_library(build: Build) -> None:
    files = {
        f"{LIB}/libprotobuf-lite.so": "",
        "/usr/include/google/protobuf/message.h": "",
        f"{LIB}/pkgconfig/protobuf-lite.pc": "Version: 3.21.12",
        f"{LIB}/libzmq.so": "",
        "/usr/include/zmq.h": "",
    }
    found, _ = look(build(files), {"libzmq3-dev": "4.3.4-6"})
    assert (found["protobuf"].version, found["protobuf"].directory) == ("3.21.12", LIB)
    assert (found["zmq"].version, found["zmq"].source) == ("4.3.4", "dpkg: libzmq3-dev 4.3.4-6")


def test_a_library_without_its_header_is_none(build: Build) -> None:
    assert "zmq" not in look(build({f"{LIB}/libzmq.so": ""}))[0]
