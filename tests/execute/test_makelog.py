from pathlib import Path

import pytest

from mxbuild.execute.makelog import details, first_error
from mxbuild.failures.lines import SHOWN as LONGEST
from mxbuild.failures.scan import CONTEXT

OPENCV = """\
g++ -c src/io/image_io.cc -o build/image_io.o
src/io/image_io.cc:41:12: fatal error: opencv2/opencv.hpp: No such file or directory
   41 |   #include <opencv2/opencv.hpp>
compilation terminated.
make: *** [Makefile:372: build/src/io/image_io.o] Error 1
make: *** Waiting for unfinished jobs....
src/other.cc:9:1: error: later
"""
HEADER = """\
src/a.cc:3:7: warning: unused variable 'error' [-Wunused]
In file included from src/a.cc:1:
include/a.h:3:7: error: 'x' was not declared in this scope
"""
NVCC = """\
src/k.cu(12): error: identifier "y" is undefined
1 error detected
"""
NVCC_MISSING = """\
nvcc -std=c++11 -c -o build/k_gpu.o src/k.cu
src/k.cu(3): warning #177-D: variable "error" was declared but never referenced
src/k.cu(7): catastrophic error: cannot open source file "cub/cub.cuh"
"""
NVCC_PROMOTED = """\
src/k.cu(3): error #20-D: identifier "y" is undefined
"""
HOST_TOO_NEW = """\
In file included from /usr/include/cuda_runtime.h:78,
                 from <command-line>:
/usr/include/host_config.h:119:2: error: #error -- unsupported GNU version! gcc versions later than 5 are not supported!
  119 | #error -- unsupported GNU version! gcc versions later than 5 are not supported!
"""
UNDEFINED = """\
/usr/bin/ld: build/a.o: in function `f()':
a.cc:(.text+0x9): undefined reference to `g()'
collect2: error: ld returned 1 exit status
make: *** [Makefile:5: lib/libmxnet.so] Error 1
"""
FIRST = {
    OPENCV: "src/io/image_io.cc:41: opencv2/opencv.hpp: No such file or directory",
    HEADER: "include/a.h:3: 'x' was not declared in this scope",
    NVCC: 'src/k.cu:12: identifier "y" is undefined',
    NVCC_MISSING: 'src/k.cu:7: cannot open source file "cub/cub.cuh"',
    NVCC_PROMOTED: 'src/k.cu:3: identifier "y" is undefined',
    HOST_TOO_NEW: "/usr/include/host_config.h:119: #error -- unsupported GNU version! "
    "gcc versions later than 5 are not supported!",
    UNDEFINED: "a.cc:(.text+0x9): undefined reference to `g()'",
    "/bin/sh: 1: nvcc: not found\nmake: *** [Makefile:9: a.o] Error 127\n": "/bin/sh: 1: nvcc: not found",
    "make[1]: *** [Makefile:9: a.o] Error 3\n": "make[1]: *** [Makefile:9: a.o] Error 3",
    "nothing to see\n": "make failed and named no error",
}
ALONE = [
    "/usr/bin/ld: cannot find -lcblas: No such file or directory",
    "/usr/bin/ld: build/a.o: file too short",
    "make: *** No rule to make target 'dmlc-core/src/io.cc', needed by 'io.o'.  Stop.",
    "build/x.d:3: *** missing separator.  Stop.",
    "g++: error: unrecognized command-line option '-fnope'",
    "#error -- unsupported GNU version! gcc versions later than 5 are not supported!",
    "nvcc fatal : Unsupported gpu architecture 'compute_86'",
    "nvcc fatal   : Unsupported gpu architecture 'compute_86'",
    "nvcc error   : 'ptxas' died due to signal 11 (Invalid memory reference)",
    "ptxas fatal   : Unresolved extern function 'f'",
    "ptxas error   : Entry function 'k' uses too much shared data (0x20000 bytes, 0xc000 max)",
    "ptxas /tmp/tmpxft_1.ptx, line 12; error   : Unknown symbol 'x'",
    "nvlink error   : Undefined reference to 'f' in 'build/k_gpu.o'",
]
KILLED = [
    "g++: fatal error: Killed signal terminated program cc1plus",
    "cc1plus: out of memory allocating 65536 bytes after a total of 1 bytes",
    "virtual memory exhausted: Cannot allocate memory",
    "g++: internal compiler error: Killed (program cc1plus)",
    "nvcc error   : 'cicc' died due to signal 9 (Kill signal)",
]


@pytest.mark.parametrize(
    ("text", "headline"), [*FIRST.items(), *((f"g++ -c a.cc\n{line}\ncollect2: error: ld\n", line) for line in ALONE)]
)
def test_the_first_error_is_found(tmp_path: Path, text: str, headline: str) -> None:
    log = tmp_path / "log"
    log.write_text(text)
    found = first_error(str(log))
    assert found.headline == headline
    assert not found.memory
    assert 0 < len(found.lines) <= CONTEXT


@pytest.mark.parametrize(
    "text",
    [
        *(f"{line}\nmake: *** [Makefile:9: build/a.o] Error 1\n" for line in KILLED),
        "make: *** [Makefile:9: build/a.o] Killed\n",
        "make: *** [Makefile:9: build/a.o] Error 137\n",
        "make: *** [build/a.o] Killed\n",
    ],
)
def test_memory_that_ran_out_is_told_from_errors(tmp_path: Path, text: str) -> None:
    log = tmp_path / "log"
    log.write_text("g++ -c a.cc -o build/a.o\n" + text)
    found = first_error(str(log))
    assert found.memory
    assert found.headline == "the compiler of build/a.o was killed"
    assert "memory" in found.cause
    assert "--jobs" in found.remedy


def test_a_full_disk_is_called_one(tmp_path: Path) -> None:
    log = tmp_path / "log"
    log.write_text("a.cc:1:1: fatal error: error writing to /tmp/x.s: No space left on device\n")
    found = first_error(str(log))
    assert (found.headline, found.memory) == ("the disk is full", False)


def test_only_what_this_run_wrote_is_read(tmp_path: Path) -> None:
    log = tmp_path / "log"
    old = b"old.cc:1:1: error: cured since\n"
    log.write_bytes(old + b"\xff new.cc\nnew.cc:2:2: error: new \xe2\x80\x98x\xe2\x80\x99\n")
    assert first_error(str(log), len(old)).headline == "new.cc:2: new ‘x’"


def test_a_line_of_a_thousand_characters_is_cut(tmp_path: Path) -> None:
    log = tmp_path / "log"
    log.write_text("a.cc:1:1: error: " + "std::vector<" * 1000 + "\n")
    found = first_error(str(log))
    assert all(len(line) <= LONGEST for line in (*found.lines, found.headline.removeprefix("a.cc:1: ")))


@pytest.mark.parametrize(
    ("line", "cause"),
    [
        (
            "#error -- unsupported GNU version! gcc versions later than 5 are not supported!",
            "newer than this nvcc takes",
        ),
        ("nvcc fatal : Unsupported gpu architecture 'compute_86'", "no code for that GPU"),
    ],
)
def test_nvccs_refusals_are_explained(tmp_path: Path, line: str, cause: str) -> None:
    log = tmp_path / "log"
    log.write_text(f"nvcc -c a.cu\n{line}\n")
    found = first_error(str(log))
    assert cause in found.cause
    assert found.remedy


def test_what_is_to_be_opened_and_run_again_is_whole_and_make_is_silent_of_its_directories(tmp_path: Path) -> None:
    tree, log = tmp_path / "the tree", tmp_path / "log"
    (tree / "src").mkdir(parents=True)
    (tree / "src" / "a.cc").write_text("int main() { return x; }\n")
    log.write_text(
        "g++ -c src/a.cc -o build/a.o\nsrc/a.cc:1:21: error: ‘x’ was not declared\n"
        f"make[1]: Leaving directory '{tree}'\nmake: *** [Makefile:9: build/a.o] Error 1\n"
        f"make: Leaving directory '{tree}'\n+ make the next run\n"
    )
    said = details(first_error(str(log)), str(log), str(tree))
    assert said == [
        "src/a.cc:1:21: error: ‘x’ was not declared",
        "make: *** [Makefile:9: build/a.o] Error 1",
        f"file: {tree}/src/a.cc:1",
        f"command: cd '{tree}' && g++ -c src/a.cc -o build/a.o",
        f"log: {log}",
    ]
    # Of what is relative to another directory it is not known to which.
    other = details(first_error(str(log)), str(log), str(tmp_path))
    assert other[2:] == ["command: g++ -c src/a.cc -o build/a.o", f"log: {log}"]
