import os
import shutil
import subprocess
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mxbuild.compile import elf, install, ledger, resume
from tests.project import GXX, compiler


@pytest.fixture(scope="module")
def compiled(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A directory with x.o and x.d of a recorded compile, and their ledger."""
    directory = tmp_path_factory.mktemp("compiled")
    cxx = install.install(
        str(directory / "bin"), compiler=compiler(), ledger=str(directory / "ledger"), environment=os.environ
    ).cxx
    (directory / "t").mkdir()
    (directory / "t" / "x.cc").write_text(
        "template <int N> int f() { return N; }\nint g() { return f<1>() + f<2>(); }\n"
    )
    subprocess.run([cxx, "-g", "-MMD", "-c", "x.cc", "-o", "x.o"], cwd=directory / "t", check=True)
    shutil.copytree(directory / "t", directory / "whole")
    return directory


def swept(directory: Path, **more: frozenset[str]) -> resume.Swept:
    return resume.sweep(str(directory / "t"), ledger.read(str(directory / "ledger")), **more)


def restored(directory: Path) -> Path:
    shutil.rmtree(directory / "t")
    shutil.copytree(directory / "whole", directory / "t")
    return directory / "t"


def left(tree: Path) -> set[str]:
    return {p.name for p in tree.iterdir()} - {"x.cc"}


def test_what_is_proven_whole_stays(compiled: Path) -> None:
    tree = restored(compiled)
    assert swept(compiled) == resume.Swept(frozenset({str(tree / "x.o")}), {})
    assert left(tree) == {"x.o", "x.d"}


@settings(max_examples=60, deadline=None)
@given(share=st.floats(0, 1, exclude_max=True))
def test_a_cut_object_goes_with_its_rules(compiled: Path, share: float) -> None:
    tree = restored(compiled)
    data = (tree / "x.o").read_bytes()
    (tree / "x.o").write_bytes(data[: int(len(data) * share)])
    found = swept(compiled)
    assert not found.kept
    assert set(found.removed) == {str(tree / "x.o"), str(tree / "x.d")}
    assert not left(tree)


@settings(max_examples=60, deadline=None)
@given(share=st.floats(0, 1, exclude_max=True))
def test_the_elf_file_alone_shows_a_cut(compiled: Path, share: float) -> None:
    tree = restored(compiled)
    assert elf.kind(str(tree / "x.o")) == elf.OBJECT
    data = (tree / "x.o").read_bytes()
    (tree / "x.o").write_bytes(data[: int(len(data) * share)])
    assert elf.kind(str(tree / "x.o")) == 0


def test_zeros_of_the_same_size_are_no_object(compiled: Path) -> None:
    """What a crash of the machine leaves of a file whose data was not on the disk yet."""
    tree = restored(compiled)
    (tree / "x.o").write_bytes(bytes((tree / "x.o").stat().st_size))
    assert swept(compiled).removed[str(tree / "x.o")] == "a damaged ELF file"


@pytest.mark.parametrize("text", ["", "x.o: x.cc \\\n", "x.o: x.cc", "x.o x.cc\n", "\0" * 20 + ":\n"])
def test_a_torn_dependency_file_takes_its_object_along(compiled: Path, text: str) -> None:
    tree = restored(compiled)
    (tree / "x.d").write_text(text)
    found = swept(compiled)
    assert found.removed == dict.fromkeys((str(tree / "x.o"), str(tree / "x.d")), "a torn dependency file")
    assert found.kept == frozenset()
    assert not left(tree)


def test_what_no_ledger_knows_goes(compiled: Path) -> None:
    tree = restored(compiled)
    shutil.copy(tree / "x.o", tree / "y.o")
    assert swept(compiled).removed == {str(tree / "y.o"): "its compile is not known to have ended"}
    assert left(tree) == {"x.o", "x.d"}


@pytest.mark.parametrize(
    ("last", "why"),
    [
        ('"event":"start"', "its compile is not known to have ended"),
        ('"event":"end","end":2.0,"code":-9', "its compiler ended with -9"),
        ('"event":"end","end":2.0,"code":0,"size":1', "has {size} bytes, but its compiler left 1"),
    ],
)
def test_the_last_word_of_the_ledger_counts(compiled: Path, last: str, why: str) -> None:
    tree = restored(compiled)
    size = (tree / "x.o").stat().st_size
    book = ledger.read(str(compiled / "ledger"))
    extra = compiled / "extra"
    head = "".join(f'"{k}":"{v}",' for k, v in (("source", "x.cc"), ("object", tree / "x.o")))
    more = f'{{{last},{head}"pid":99,"start":1.0}}\n'
    extra.write_bytes((compiled / "ledger").read_bytes() + more.encode())
    assert book.finished
    found = resume.sweep(str(tree), ledger.read(str(extra)))
    assert found.removed[str(tree / "x.o")] == why.format(size=size)


def test_archives_and_libraries_go_and_the_source_stays(compiled: Path) -> None:
    tree = restored(compiled)
    for name in (
        "lib.a",
        "lib.so",
        "lib.so.1",
        "lib.so.1.2.3",
        "notes.so.txt",
        "ours.a",
        "ours.so",
        "ours.o",
        "ours.d",
    ):
        (tree / name).write_text("")
    (tree / "dangling.d").symlink_to("nowhere")
    (tree / ".git").mkdir()
    (tree / ".git" / "x.o").write_text("")
    source = frozenset(str(tree / f"ours{ending}") for ending in resume.PRODUCTS)
    found = swept(compiled, source=source)
    assert {Path(p).name for p in found.removed} == {"lib.a", "lib.so", "lib.so.1", "lib.so.1.2.3", "dangling.d"}
    assert left(tree) == {"x.o", "x.d", ".git", "notes.so.txt", "ours.a", "ours.so", "ours.o", "ours.d"}
    assert (tree / ".git" / "x.o").exists()


def test_a_file_with_more_sections_than_the_header_can_count(tmp_path: Path) -> None:
    """One section for each template instance: an object of MXNet's may have more than 65,279."""
    lines = (f'.section .text.f{n},"ax"\n.byte 0\n' for n in range(0xFF10))
    (tmp_path / "many.s").write_text("".join(lines))
    subprocess.run([GXX, "-c", "many.s", "-o", "many.o"], cwd=tmp_path, check=True)
    data = (tmp_path / "many.o").read_bytes()
    assert data[60:62] == b"\0\0"
    assert elf.kind(str(tmp_path / "many.o")) == elf.OBJECT
    (tmp_path / "many.o").write_bytes(data[:-1])
    assert elf.kind(str(tmp_path / "many.o")) == 0


def test_what_is_no_elf_file(tmp_path: Path) -> None:
    assert elf.kind(str(tmp_path / "none")) == 0
    (tmp_path / "text").write_text("x" * 200)
    assert elf.kind(str(tmp_path / "text")) == 0


@pytest.mark.parametrize(
    ("kept", "removed", "said"),
    [
        (0, 0, ""),
        (1, 0, "1 object is whole and stays"),
        (12, 1, "12 objects are whole and stay, 1 file is made anew"),
        (0, 3, "3 files are made anew"),
    ],
)
def test_what_was_found_in_words(kept: int, removed: int, said: str) -> None:
    found = resume.Swept(frozenset(f"{n}.o" for n in range(kept)), {f"{n}.d": "torn" for n in range(removed)})
    assert found.said == said
