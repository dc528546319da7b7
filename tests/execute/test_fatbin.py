"""The fixture is the section .nv_fatbin of `device/scale.cu`, as nvcc 13.0.88 made it (a kernel of our own):

nvcc -gencode arch=compute_75,code=sm_75 -gencode arch=compute_90,code=[sm_90,compute_90] -c scale.cu -o scale.o
objcopy -O binary --only-section=.nv_fatbin scale.o scale.fatbin
"""

import shutil
import struct
import subprocess
from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mxbuild.execute import fatbin
from mxbuild.execute.fatbin import Container, DeviceCode
from tests.execute.pythons import library

HERE = Path(__file__).parent / "device"
REAL = (HERE / "scale.fatbin").read_bytes()
SCALE = Container(frozenset({"7.5", "9.0"}), frozenset({"9.0"}))
RECORD = struct.pack("<IIQQ", 0x466243B1, 1, 0, 0)
NVCC = shutil.which("nvcc")


def parsed(data: bytes) -> list[Container]:
    return list(fatbin.containers(data, 0, len(data)))


def entry(kind: int, architecture: int, size: int, *, compressed: bool = False, more: int = 0) -> bytes:
    head = 64 + more
    packed = size - 3 if compressed else 0
    fields = struct.pack("<HHIQIIHHI", kind, 0x101, head, size, packed, 64, 8, 1, architecture)
    return fields + bytes(head - len(fields)) + b"\x50\xed\x55\xba" * (size // 4)


def container(*entries: bytes) -> bytes:
    body = b"".join(entries)
    return struct.pack("<IHHQ", fatbin.MAGIC, 1, 16, len(body)) + body


def with_sections(path: Path, directory: Path, **sections: bytes) -> Path:
    """A library with sections of these contents added, as they lie in a library that nvcc's objects are linked into."""
    bare = library(directory / "bare.so")
    words = []
    for name, content in sections.items():
        (directory / name).write_bytes(content)
        words.append(f"--add-section=.{name}={directory / name}")
    subprocess.run(["objcopy", *words, str(bare), str(path)], check=True)
    return path


def test_what_nvcc_wrote_is_read() -> None:
    assert parsed(REAL) == [SCALE]


def test_containers_follow_each_other_with_zeros_between(tmp_path: Path) -> None:
    other = container(entry(2, 121, 400), entry(1, 120, 80, compressed=True, more=16), entry(8, 90, 16))
    data = REAL + bytes(24) + other + bytes(8)
    path = with_sections(tmp_path / "a.so", tmp_path, nv_fatbin=data, nvFatBinSegment=RECORD * 2)
    code = fatbin.read(str(path))
    assert code == DeviceCode((SCALE, Container(frozenset({"12.1"}), frozenset({"12.0"}))), 2)
    assert (code.sass, code.ptx) == (("7.5", "9.0", "12.1"), ("9.0", "12.0")), "by number"


def test_a_library_without_device_code_has_none(tmp_path: Path) -> None:
    assert fatbin.read(str(library(tmp_path / "a.so"))) == DeviceCode((), 0)


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (REAL[:10], "ends in the header at byte 0"),
        (REAL[:-1], "goes beyond the end"),
        (b"\x7fELF" + bytes(60), "no fat binary at byte 0"),
        (REAL + b"\0\0\1", "ends in the header"),
        (container(entry(2, 90, 64)[:-8]), "goes beyond its fat binary's end"),
        (container(bytes(64)), "goes beyond its fat binary's end"),
        (struct.pack("<IHHQ", fatbin.MAGIC, 1, 0, 16), "goes beyond the end"),
    ],
)
def test_damage_is_said_in_words(tmp_path: Path, data: bytes, words: str) -> None:
    path = with_sections(tmp_path / "damaged.so", tmp_path, nv_fatbin=data)
    offset = path.read_bytes().index(data)
    words = words.replace("byte 0", f"byte {offset}")
    with pytest.raises(ValueError, match=rf"damaged\.so.*{words}"):
        fatbin.read(str(path))


def test_a_table_of_something_else_is_damage(tmp_path: Path) -> None:
    path = with_sections(tmp_path / "a.so", tmp_path, nv_fatbin=REAL, nvFatBinSegment=bytes(24))
    with pytest.raises(ValueError, match="holds something else"):
        fatbin.read(str(path))


@pytest.mark.parametrize("share", [0.0, 0.2, 0.6, 0.99])
def test_a_torn_library_is_a_value_error_with_its_path(tmp_path: Path, share: float) -> None:
    whole = with_sections(tmp_path / "a.so", tmp_path, nv_fatbin=REAL).read_bytes()
    (tmp_path / "torn.so").write_bytes(whole[: int(len(whole) * share)])
    with pytest.raises(ValueError, match=r"torn\.so"):
        fatbin.read(str(tmp_path / "torn.so"))


@settings(max_examples=300, deadline=None)
@given(st.integers(0, len(REAL)), st.binary(max_size=80), st.integers(0, 80))
def test_no_bytes_raise_anything_else(place: int, content: bytes, replaced: int) -> None:
    with suppress(ValueError):
        found = parsed(REAL[:place] + content + REAL[place + replaced :])
        assert all(isinstance(one, Container) for one in found)


@settings(max_examples=200, deadline=None)
@given(
    st.lists(
        st.tuples(
            st.lists(st.tuples(st.sampled_from([1, 2, 8]), st.integers(30, 130), st.integers(0, 9)), max_size=4),
            st.integers(0, 4),
        ),
        max_size=5,
    )
)
def test_what_is_written_is_read(rows: "list[tuple[list[tuple[int, int, int]], int]]") -> None:
    data = b"".join(container(*(entry(k, a, 8 * n) for k, a, n in one)) + bytes(8 * gap) for one, gap in rows)

    def capabilities(one: list[tuple[int, int, int]], kind: int) -> frozenset[str]:
        return frozenset(f"{a // 10}.{a % 10}" for k, a, _ in one if k == kind)

    assert parsed(data) == [Container(capabilities(one, 2), capabilities(one, 1)) for one, _ in rows]


@pytest.mark.skipif(NVCC is None, reason="no nvcc on this machine")
def test_a_real_nvcc_on_this_machine(tmp_path: Path) -> None:
    """Both ways to ask for machine code and PTX of one architecture, each for a file of one library."""
    assert NVCC is not None
    listed = subprocess.run([NVCC, "--list-gpu-code"], capture_output=True, text=True, check=False).stdout.split()
    codes = [code for code in listed if code.removeprefix("sm_").isdigit()][:2] or ["sm_50", "sm_60"]
    low, high = (int(code.removeprefix("sm_")) for code in codes)
    together = (f"arch=compute_{high},code=[sm_{high},compute_{high}]",)
    apart = (f"arch=compute_{high},code=sm_{high}", f"arch=compute_{high},code=compute_{high}")
    (tmp_path / "empty.cu").write_text("")
    shutil.copy(HERE / "scale.cu", tmp_path)
    for name, ways in (("scale", together), ("empty", apart)):
        wanted = [word for one in (f"arch=compute_{low},code=sm_{low}", *ways) for word in ("-gencode", one)]
        line = [NVCC, *wanted, "-Xcompiler", "-fPIC", "-c", f"{name}.cu", "-o", f"{name}.o"]
        subprocess.run(line, cwd=tmp_path, check=True)
    subprocess.run(["g++", "-shared", "scale.o", "empty.o", "-o", "a.so"], cwd=tmp_path, check=True)
    code = fatbin.read(str(tmp_path / "a.so"))
    want = Container(frozenset(f"{n // 10}.{n % 10}" for n in (low, high)), frozenset({f"{high // 10}.{high % 10}"}))
    # A file without a kernel has code too: an architecture that is missing in one part is missing.
    assert code == DeviceCode((want, want), 2)
