import os
import re
import subprocess
from pathlib import Path

import pytest

from mxbuild.execute import elf, loader
from tests.execute.pythons import library

RUNPATH, RPATH = "-Wl,--enable-new-dtags,-rpath,", "-Wl,--disable-new-dtags,-rpath,"


def chain(directory: Path, *flags: str) -> Path:
    """libtop needs libmiddle needs libbottom; the lower two lie in directories of their own."""
    bottom = library(directory / "b" / "libbottom.so", "int bottom(void) { return 1; }")
    middle = library(
        directory / "m" / "libmiddle.so",
        "int bottom(void); int middle(void) { return bottom(); }",
        f"-L{bottom.parent}",
        "-lbottom",
    )
    source = "int middle(void); int top(void) { return middle(); }"
    return library(
        directory / "libtop.so", source, f"-L{middle.parent}", "-lmiddle", *flags, "-Wl,--allow-shlib-undefined"
    )


def missing(path: Path) -> set[str]:
    """What the loader itself says it does not find."""
    text = subprocess.run(["ldd", str(path)], capture_output=True, text=True, check=False).stdout
    return set(re.findall(r"^\t(\S+) => not found", text, re.MULTILINE))


@pytest.mark.parametrize(
    ("flags", "lost"),
    [
        ((), {"libmiddle.so"}),
        ((f"{RUNPATH}$ORIGIN/m",), {"libbottom.so"}),
        ((f"{RUNPATH}$ORIGIN/m:$ORIGIN/b",), {"libbottom.so"}),  # RUNPATH is for one's own needs alone
        ((f"{RPATH}$ORIGIN/m:$ORIGIN/b",), set()),  # RPATH is for those below too
        ((f"{RPATH}${{ORIGIN}}/m",), {"libbottom.so"}),
    ],
)
def test_it_finds_what_the_loader_finds(tmp_path: Path, flags: tuple[str, ...], lost: set[str]) -> None:
    path = chain(tmp_path, *flags)
    resolution = loader.resolve(str(path), loader.cache(os.environ))
    assert {one.name for one in resolution.missing} == lost == missing(path)


def test_a_run_path_below_origin_reaches_the_linker_through_make(tmp_path: Path) -> None:
    """As a library is linked that finds NVIDIA's packages beside itself; those find each other by RUNPATHs of theirs.

    make expands no value of its environment, and no shell sees the `$`.
    """
    nvidia = tmp_path / "nvidia" / "cu13" / "lib"
    below = library(nvidia / "libcublasLt.so.13", "int lt(void) { return 1; }", "-Wl,-soname,libcublasLt.so.13")
    above = library(
        nvidia / "libcublas.so", "int lt(void); int blas(void) { return lt(); }", str(below), f"{RUNPATH}$ORIGIN"
    )
    (tmp_path / "mxnet").mkdir()
    (tmp_path / "a.c").write_text("int blas(void); int a(void) { return blas(); }")
    (tmp_path / "Makefile").write_text(f"mxnet/a.so: a.c\n\tgcc -shared -fPIC -o $@ $< -L{above.parent} -lcublas\n")
    environ = {"PATH": os.environ["PATH"], "LD_RUN_PATH": "$ORIGIN/../nvidia/cu13/lib"}
    subprocess.run(["make", "-s"], cwd=tmp_path, env=environ, check=True)
    path = tmp_path / "mxnet" / "a.so"
    facts = elf.dynamic(str(path))
    assert facts.runpath + facts.rpath == ("$ORIGIN/../nvidia/cu13/lib",)
    resolution = loader.resolve(str(path), loader.cache(os.environ))
    assert resolution.missing == () == tuple(missing(path))
    assert os.path.samefile(resolution.found["libcublasLt.so.13"], below)
    tmp_path.rename(moved := tmp_path.with_name(f"{tmp_path.name}-moved"))
    assert loader.resolve(str(moved / "mxnet" / "a.so"), {}).found.keys() >= {"libcublas.so", "libcublasLt.so.13"}
    moved.rename(tmp_path)


def test_who_wants_what_is_missing_is_said(tmp_path: Path) -> None:
    path = chain(tmp_path, f"{RUNPATH}$ORIGIN/m")
    (one,) = loader.resolve(str(path), loader.cache(os.environ)).missing
    assert one.wanted_by == str(tmp_path / "m" / "libmiddle.so")


def test_the_whole_tree_is_what_ldd_lists(tmp_path: Path) -> None:
    path = library(tmp_path / "liba.so", "int a;", "-Wl,--no-as-needed", "-lm", "-lstdc++", "-lgomp", "-lopenblas")
    text = subprocess.run(["ldd", str(path)], capture_output=True, text=True, check=True).stdout
    listed = {os.path.realpath(p) for p in re.findall(r"=> (\S+) \(|^\t(/\S+) \(", text, re.MULTILINE) for p in p if p}
    found = loader.resolve(str(path), loader.cache(os.environ)).found
    assert {os.path.realpath(place) for place in found.values()} == listed


def test_ld_library_path_does_not_count(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = chain(tmp_path)
    monkeypatch.setenv("LD_LIBRARY_PATH", f"{tmp_path}/m:{tmp_path}/b")
    assert missing(path) == set()
    assert {one.name for one in loader.resolve(str(path), loader.cache(os.environ)).missing} == {"libmiddle.so"}


def test_a_library_for_another_machine_is_passed_over(tmp_path: Path) -> None:
    path = chain(tmp_path, f"{RPATH}$ORIGIN/other:$ORIGIN/m:$ORIGIN/b")
    alien = bytearray((tmp_path / "m" / "libmiddle.so").read_bytes())
    alien[18:20] = (0xF7).to_bytes(2, "little")  # e_machine: BPF
    (tmp_path / "other").mkdir()
    (tmp_path / "other" / "libmiddle.so").write_bytes(alien)
    resolution = loader.resolve(str(path), {})
    assert resolution.found["libmiddle.so"] == str(tmp_path / "m" / "libmiddle.so")


def test_the_cache_knows_the_c_library() -> None:
    assert any(os.path.exists(place) for place in loader.cache(os.environ)["libc.so.6"])


@pytest.mark.parametrize(
    ("name", "package"),
    [
        ("libopenblas.so.0", "libopenblas0"),
        ("libgfortran.so.3", "libgfortran3"),
        ("libopencv_imgcodecs.so.406", "libopencv-imgcodecs406"),
        ("libopencv_core.so.4.5d", "libopencv-core4.5d"),
        ("libjemalloc.so.2", "libjemalloc2"),
        ("libstdc++.so.6", "libstdc++6"),
        ("libpng16.so.16", "libpng16-16"),
        ("libcuda.so.1", "the NVIDIA driver"),
        ("libown.so", ""),
    ],
)
def test_debians_name_for_its_package(name: str, package: str) -> None:
    assert loader.package(name) == package
