import re
import struct
import subprocess
from pathlib import Path

import pytest

from mxbuild.execute import elf
from tests.execute.pythons import library
from tests.fuzz.building import small_library


def test_what_a_library_needs_and_has(tmp_path: Path) -> None:
    library(tmp_path / "libbelow.so", "int below(void) { return 1; }", "-Wl,-soname,libbelow.so.3")
    source = """
        #include <stdlib.h>
        int below(void);
        static int own(void) { return 1; }
        int above(void) { return below() + own() + rand(); }
    """
    path = library(tmp_path / "libabove.so", source, f"-L{tmp_path}", "-lbelow", "-Wl,-soname,libabove.so.1",
                   "-Wl,--enable-new-dtags,-rpath,/one:$ORIGIN/two")  # fmt: skip
    facts = elf.facts(str(path))
    assert facts.dynamic.soname == "libabove.so.1"
    assert facts.dynamic.needed == ("libbelow.so.3", "libc.so.6")
    assert (facts.dynamic.runpath, facts.dynamic.rpath) == (("/one", "$ORIGIN/two"), ())
    assert facts.dynamic.bits == 64
    assert "above" in facts.defined
    assert {"below", "rand"} <= facts.undefined
    assert "own" not in facts.symbols
    assert any(version.startswith("GLIBC_2.") for version in facts.versions)


def test_the_older_rpath_is_told_apart(tmp_path: Path) -> None:
    path = library(tmp_path / "liba.so", "int a;", "-Wl,--disable-new-dtags,-rpath,/one")
    assert (elf.dynamic(str(path)).rpath, elf.dynamic(str(path)).runpath) == (("/one",), ())


def test_the_same_symbols_as_nm_has(tmp_path: Path) -> None:
    path = library(
        tmp_path / "liba.so",
        '#include <math.h>\n#include <stdio.h>\ndouble f(double x) { puts(""); return sin(x); }',
        "-lm",
    )
    rows = subprocess.run(["nm", "-D", str(path)], capture_output=True, text=True, check=True).stdout.splitlines()
    names = {row.split()[-1].split("@")[0]: row.split()[-2] for row in rows}
    facts = elf.facts(str(path))
    assert facts.symbols == set(names)
    assert facts.undefined == {name for name, kind in names.items() if kind in "Uw"}


@pytest.mark.parametrize("share", [0.0, 0.01, 0.3, 0.9])
def test_a_torn_library_is_a_value_error_with_its_path(tmp_path: Path, share: float) -> None:
    whole = library(tmp_path / "liba.so").read_bytes()
    torn = tmp_path / "torn.so"
    torn.write_bytes(whole[: int(len(whole) * share)])
    with pytest.raises(ValueError, match=r"torn\.so"):
        elf.facts(str(torn))


def test_the_same_versions_as_readelf_has(tmp_path: Path) -> None:
    """Two libraries, of one of them two versions."""
    path = library(
        tmp_path / "liba.so",
        "#include <math.h>\n#include <stdlib.h>\n#include <string.h>\n"
        "double f(char *a, const char *b) { return pow(strlen(a), 2.5) + getrandom(a, 1, 0) + rand(); }",
        "-lm", "-fno-builtin", "-include", "sys/random.h",
    )  # fmt: skip
    table = subprocess.run(["readelf", "-W", "-V", str(path)], capture_output=True, text=True, check=True).stdout
    needed = set(re.findall(r"Name: (\S+) +Flags", table))
    assert len(needed) > 2
    assert elf.facts(str(path)).versions == needed


@pytest.mark.parametrize(("field", "value"), [(4, 8), (8, 0x800)], ids=["no bits", "packed"])
def test_strings_of_any_size_are_not_made_room_for(tmp_path: Path, field: int, value: int) -> None:
    """A terabyte of zeros, by the header of the table of names: SHT_NOBITS, or SHF_COMPRESSED."""
    damaged = bytearray(small_library())
    header = int.from_bytes(damaged[40:48], "little") + 64  # the first section behind the empty one
    damaged[header + field : header + field + 4] = struct.pack("<I", value)
    damaged[header + 32 : header + 40] = struct.pack("<Q", 1 << 40)
    (tmp_path / "liba.so").write_bytes(damaged)
    with pytest.raises(ValueError, match="packed, or not in the file"):
        elf.facts(str(tmp_path / "liba.so"))


def test_an_object_file_is_no_library(tmp_path: Path) -> None:
    (tmp_path / "a.c").write_text("int a;")
    subprocess.run(["gcc", "-c", "a.c"], cwd=tmp_path, check=True)
    with pytest.raises(ValueError, match="no dynamic section"):
        elf.dynamic(str(tmp_path / "a.o"))


def test_the_newest_version_is_by_number() -> None:
    versions = frozenset({"GLIBC_2.9", "GLIBC_2.34", "GLIBC_2.4.1", "GLIBC_PRIVATE", "GLIBCXX_3.4.29"})
    assert elf.newest(versions, "GLIBC") == "2.34"
    assert elf.newest(versions, "GLIBCXX") == "3.4.29"
    assert elf.newest(versions, "GOMP") == ""
