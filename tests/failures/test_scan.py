"""Logs of any kind and size: the first error, its place and command, and quiet where there is nothing to say."""

import io
import time
import tracemalloc
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mxbuild.failures import Diagnosis, ErrorLine, diagnose
from mxbuild.failures.window import AROUND, BEFORE, PIECE, Window
from tests.failures.test_book import told

CXX = "g++ -std=c++11 -c -DMSHADOW_FORCE_STREAM -Wall -Wsign-compare -O3 -Iinclude -c {0}.cc -o build/{0}.o"
MAKE = "\n".join(CXX.format(f"src/io/{name}") for name in ("a", "b", "image_io", "c"))


def log(text: str) -> Diagnosis:
    return diagnose(io.BytesIO(text.encode()))


def first(text: str) -> ErrorLine:
    found = log(text).first
    assert found is not None
    return found


def test_the_first_error_has_its_line_file_and_command() -> None:
    seen = first(
        f"{MAKE}\nIn file included from src/io/image_io.cc:3:\n"
        "src/io/./aug.h:12:30: fatal error: opencv2/opencv.hpp: No such file or directory\ncompilation terminated.\n"
        "src/io/c.cc:1:1: error: later\nmake: *** [Makefile:9: build/src/io/image_io.o] Error 1\n"
    )
    assert (seen.line, seen.file, seen.at) == (6, "src/io/./aug.h", 12)
    assert seen.words == "opencv2/opencv.hpp: No such file or directory"
    assert seen.command == CXX.format("src/io/image_io")
    assert seen.target == "build/src/io/image_io.o"
    assert seen.context[1] == "compilation terminated."
    assert seen.explanation is not None
    assert seen.explanation.id == "opencv-headers"
    assert seen.explanation.line == 6


def test_the_command_is_found_by_what_make_could_not_make() -> None:
    seen = first(
        f"{MAKE}\ncc1plus: out of memory allocating 65536 bytes\nmake: *** [Makefile:9: build/src/io/b.o] Error 1\n"
    )
    assert seen.command == CXX.format("src/io/b")


@pytest.mark.parametrize(
    "error",
    ["Fehler: »x« fehlt", "erreur: « x » n'a pas été déclaré", "错误：‘x’尚未声明", "ошибка: нет декларации «x»"],
)
def test_an_error_in_another_language_has_its_file_and_command_too(error: str) -> None:
    """As gcc 12 writes it; that it is to be had in English is the remedy."""
    seen = first(f"g++ -O2 -c src/b.cc -o build/b.o\nsrc/b.cc:1:13: {error}\nmake: *** [build/b.o] 1\n")
    assert (seen.line, seen.file, seen.at, seen.command) == (2, "src/b.cc", 1, "g++ -O2 -c src/b.cc -o build/b.o")
    assert seen.explanation
    assert seen.explanation.id == "other-language"


def test_a_silent_fallback_before_the_error_is_told_apart_from_it() -> None:
    seen = log(
        'Makefile:168: "USE_LAPACK disabled because libraries were not found"\n'
        f"{MAKE}\nsrc/io/a.cc:9:1: error: something nobody knows\n/usr/bin/ld: cannot find -lcblas\n"
    )
    assert [s.id for s in seen.signs] == ["lapack-off"]
    assert seen.first is not None
    assert (seen.first.words, seen.first.explanation) == ("something nobody knows", None)
    assert [s.id for s in seen.others] == ["blas-atlas"], "a later error that is known, but not the first"


def test_an_entry_is_told_once() -> None:
    seen = log("/usr/bin/ld: cannot find -lcblas\n" * 50)
    assert len(told(seen)) == 1


@pytest.mark.parametrize(
    "line",
    [
        "\x1b[01m\x1b[Ksrc/a.cc:1:2:\x1b[m\x1b[K \x1b[01;31m\x1b[Kerror: \x1b[m\x1b[Kno",
        "2020-12-03T18:13:57.2500000Z src/a.cc:1:2: error: no",
        "[2020-12-03T18:13:57.250Z] src/a.cc:1:2: error: no",
        "#12 345.6 src/a.cc:1:2: error: no",
        "12.345 src/a.cc:1:2: error: no",
        "13:19:26  src/a.cc:1:2: error: no",
        "[13:01:14]  [Step 2/2] src/a.cc:1:2: error: no",
        "##[error]src/a.cc:1:2: error: no",
        " 10%\r 20%\rsrc/a.cc:1:2: error: no\r",
    ],
)
def test_colours_and_the_stamps_of_ci_systems_are_no_part_of_a_line(line: str) -> None:
    seen = first(f"{line}\n")
    assert (seen.file, seen.at, seen.words) == ("src/a.cc", 1, "no")


def test_nothing_of_a_log_acts_on_a_terminal() -> None:
    seen = log("a.cc:1:1: error: \x1b]0;title\x07 \x9b2J \u202e bad\n\x1b[2J\x07\n")
    shown = repr([seen.first, seen.tail])
    assert "\x1b" not in shown
    assert "\\x" not in shown
    assert "\\u202e" not in shown


PYTHON = """\
Traceback (most recent call last):
  File "<stdin>", line 1, in <module>
  File "/usr/lib/python3/mxnet/base.py", line 204, in _load_lib
    lib = ctypes.CDLL(lib_path[0], ctypes.RTLD_LOCAL)
OSError: libcudart.so.8.0: cannot open shared object file: No such file or directory
"""


THROWN = """\
terminate called after throwing an instance of 'dmlc::Error'
  what():  [00:10:08]include/mxnet/base.h:427: Check failed: e == cudaSuccess (35 vs. 0) :  CUDA: CUDA driver version \
is insufficient for CUDA runtime version
"""


@pytest.mark.parametrize(
    ("text", "line", "known"),
    [
        (PYTHON, 5, "cuda-library-missing"),
        ("CMake Error at x:1 (x):\n  Compatibility with CMake < 3.5 has been removed\n", 1, "cmake-too-new"),
        ("error: externally-managed-environment\n\n× This environment is externally managed\n", 1, "pip-managed"),
        ("a.cc:(.text+0x9): undefined reference to `g()'\ncollect2: error: ld returned 1 exit status\n", 1, None),
        ("make[1]: Entering directory '/x'\nmake[1]: *** [all] Error 2\n", 2, None),
        ("E: Unable to locate package python-dev\n", 1, "apt-package-unknown"),
        (THROWN, 1, "driver-too-old"),
    ],
)  # fmt: skip
def test_logs_of_other_tools(text: str, line: int, known: str | None) -> None:
    seen = first(text)
    assert seen.line == line
    assert (seen.explanation.id if seen.explanation else None) == known


NOISE = Path(__file__).with_name("noise.txt").read_text().splitlines()
"""What builds that end well print."""
WORDS = st.sampled_from(NOISE)


def test_a_build_that_ends_well_is_quiet() -> None:
    seen = log("\n".join(NOISE * 3))
    assert told(seen) == []
    assert seen.first is None


@given(st.lists(st.one_of(WORDS, st.text(max_size=60)), max_size=40))
@settings(max_examples=60, deadline=None)
def test_noise_is_no_failure(lines: list[str]) -> None:
    assert told(log("\n".join(lines))) == []


@given(st.binary(max_size=4000))
@settings(max_examples=40, deadline=None)
def test_any_bytes_are_read(data: bytes) -> None:
    seen = diagnose(io.BytesIO(data))
    assert seen.size == len(data)
    assert seen.lines == data.count(b"\n") + (not data.endswith(b"\n") and bool(data))


@given(
    st.lists(st.sampled_from([b"", b"x", b"an error here", b"x" * 300, b"error"]), max_size=200),
    st.integers(1, 700),
)
@settings(max_examples=60, deadline=None)
def test_a_window_shows_the_lines_that_a_whole_reading_shows(lines: list[bytes], piece: int) -> None:
    """Whatever the size of what is read at once: the same lines, numbers and neighbours."""

    class Slow(io.BytesIO):
        def read(self, size: int | None = -1) -> bytes:
            return super().read(piece)

    text = b"".join(line + b"\n" for line in lines)
    seen = [(p.number, p.line, list(p.after(3)), list(p.before(3))) for p in Window(Slow(text), (b"error",))]
    wanted = [
        (i + 1, line, lines[i + 1 : i + 4], lines[max(0, i - 3) : i][::-1])
        for i, line in enumerate(lines)
        if b"error" in line
    ]
    assert seen == wanted


class Endless:
    """A log that is made while it is read."""

    def __init__(self, piece: bytes, count: int, end: bytes = b"") -> None:
        self.pieces = iter([*[piece] * count, end, b""])

    def read(self, size: int = -1) -> bytes:
        return next(self.pieces)


@pytest.mark.parametrize("unit", [CXX.format("src/io/a").encode() + b"\n", b"x", b"src/a.cc:1:2: error: no\n"])
def test_a_hundred_megabytes_take_a_few_in_memory_and_seconds(unit: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    """Ten here; what is kept does not grow with what is read."""
    monkeypatch.setattr("mxbuild.failures.scan.LOOKED", 200)  # memory is traced, which takes ten times as long
    piece = unit * (PIECE // len(unit))
    end = b"\n/usr/bin/ld: cannot find -lcblas\n"
    tracemalloc.start()
    started = time.process_time()
    seen = diagnose(Endless(piece, 10, end))  # type: ignore[arg-type]
    spent = time.process_time() - started
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert seen.size > 9 * PIECE
    assert peak < 6 * PIECE + 4 * BEFORE
    assert spent < 10, "a tenth of a log of a hundred megabytes, with memory traced"
    assert seen.first is not None
    assert AROUND > 8
