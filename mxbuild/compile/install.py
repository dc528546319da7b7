"""Putting launchers in place: one small program, compiled here, under the names of the compilers it stands before."""

import errno
import os
import shutil
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

from mxbuild.errors import BuildError
from mxbuild.model import Compiler
from mxbuild.process import FULL, output

PROGRAM = Path(__file__).with_name("launcher.c")
GATE = "gate"
"""Name under which it asks the gate for memory; ccache calls it before the compiler."""

SOURCES = ("cc", "cpp", "cxx", "c", "C", "cu")
WITH_VALUE = (
    "-MF", "-MT", "-MQ", "-I", "-isystem", "-iquote", "-idirafter", "-include", "-imacros", "-x", "-D", "-U",
    "-Xpreprocessor", "-Xassembler", "-Xlinker", "--param",
    # nvcc's own; g++ has none of these words
    "-ccbin", "--compiler-bindir", "-gencode", "--generate-code", "-arch", "--gpu-architecture", "-code", "--gpu-code",
    "-Xcompiler", "--compiler-options", "-Xptxas", "--ptxas-options", "-Xnvlink", "--nvlink-options", "-Xcudafe",
    "-Xfatbin", "-odir", "--output-directory", "-optf", "--options-file", "--x", "--std", "-maxrregcount", "--threads",
    "-keep-dir", "--keep-dir", "-cudart", "--cudart", "-default-stream", "--default-stream", "-diag-suppress",
)  # fmt: skip
"""Options whose value is the next word. What stands in it, however much it looks like an option, is not ours."""
COMPILES = ("-c", "--compile", "-dc", "--device-c")
OTHERWISE = ("-E", "-S", "-M", "-MM", "-ptx", "-cubin", "-fatbin", "-dlink", "-dryrun", "--dryrun")
"""Not a compile, though it names a source."""
RULES = "--generate-dependencies-with-compile"
"""In the help of an nvcc that writes a compile's rules as gcc's -MD does (from CUDA 10.2 on)."""
TRIALS = ("/CMakeFiles/CMakeTmp/", "/CMakeFiles/CMakeScratch/")
"""Where CMake (up to 3.24, from 3.25 on) tries out what a compiler can; nothing that is compiled there is kept."""
PLACES = ("-I", "-isystem", "-iquote", "-idirafter", "-include", "-imacros")
"""Options whose value is a path, in the same word or the next."""
TUNED = ("cc", "cpp", "cxx", "C")
AWAY = ("cc", "cpp", "cxx", "C", "c")
"""What distcc takes to a worker; nvcc's it does not."""
ROOM = ("--param", "ggc-min-expand=1000", "--param", "ggc-min-heapsize=4000000")
"""gcc collects garbage only from 4 GB of heap on: objects equal byte for byte, sooner, for about twice the memory."""
MARKED = ("-g", "-frecord-gcc-switches")
"""With these, an object names the options of its compile."""


class Launchers(NamedTuple):
    """Paths for CC, CXX and NVCC, and of what stands behind ccache."""

    cc: str
    cxx: str
    nvcc: str
    """ "" where no nvcc was asked for."""
    gate: str


def install(
    directory: str,
    *,
    compiler: Compiler,
    ledger: str,
    environment: Mapping[str, str],
    prefix: str = "",
    nvcc: str = "",
    flags: Mapping[str, Sequence[str]] | None = None,
    distcc: str = "",
    tree: str = "",
) -> Launchers:
    """Compile the launcher, and put it in place under each name, whole or not at all.

    Args:
        ledger: file that they append to.
        environment: of the compiler that makes it.
        prefix: ccache's path, "" for none; nvcc is called without it.
        nvcc: its path, "" for none.
        flags: absolute path of a source -> what its compiles get at the end of their command line.
        distcc: its path, "" for none.
        tree: real path of a directory. What is compiled in it without ccache gets relative paths, as ccache gives them:
            the object is the same wherever that directory lies. "" for none.

    Raises:
        BuildError: the compiler cannot make a program.
        OSError: the directory cannot be written.
    """
    programs = [("gcc", compiler.cc or compiler.cxx, prefix), ("g++", compiler.cxx, prefix)]
    if nvcc:
        # Not behind ccache. 4.7.5 passes over what -ccbin names once it goes by preprocessed text: it gave the object
        # of another host compiler (CUDA 13.0; g++, and one that does not vectorize). To another tree it gives nothing,
        # since it hashes -Xcompiler's absolute paths as they stand. And nvcc's own objects of one source differ from
        # run to run (tmpxft_<pid> in .strtab), so that no comparison could tell a right hit.
        programs.append(("nvcc", nvcc, ""))
    work = Path(f"{directory}.partial-{os.getpid()}")
    work.mkdir(parents=True)
    try:
        rules = bool(nvcc) and _writes_rules(nvcc, environment)
        literals = _literals(programs, ledger, f"{directory}/{GATE}", distcc, tree, rules, flags or {})
        (work / "launcher.h").write_bytes(literals)
        _compile(compiler, work, environment)
        Path(directory).mkdir(exist_ok=True)
        names = [GATE, *(name for name, _, _ in programs)]
        for name in names:
            shutil.copy(work / "launcher", work / name)
            os.replace(work / name, Path(directory, name))
    finally:
        shutil.rmtree(work, ignore_errors=True)
    paths = {name: f"{directory}/{name}" for name in names}
    return Launchers(paths["gcc"], paths["g++"], paths.get("nvcc", ""), paths[GATE])


def _writes_rules(nvcc: str, environment: Mapping[str, str]) -> bool:
    try:
        return RULES in output([nvcc, "--help"], env=environment, cwd="/", timeout=10)[1]
    except OSError:  # the first compile says what is wrong with it
        return False


def _compile(compiler: Compiler, work: Path, environment: Mapping[str, str]) -> None:
    command = [compiler.cc or compiler.cxx, "-x", "c", f"-I{work}", str(PROGRAM), "-o", str(work / "launcher")]
    try:
        code, text, complaint = output(command, env=environment, cwd=str(work))
    except OSError as error:
        raise BuildError(f"{command[0]} cannot be run: {error.strerror}") from error
    if code != 0 and FULL.search(text + complaint):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), str(work))
    if code != 0:
        raise BuildError(
            f"{command[0]} cannot compile a small C program",
            details=(text + complaint).splitlines()[:5],
            remedy="see that it is installed whole, with the C library's headers (libc6-dev)",
        )


def _literals(
    programs: Sequence[tuple[str, str, str]],
    ledger: str,
    gate: str,
    distcc: str,
    tree: str,
    rules: bool,
    flags: Mapping[str, Sequence[str]],
) -> bytes:
    """launcher.h: what the program needs to know."""
    rows = [b"{%s, %s, %s}" % (_text(name), _text(real), _text(before)) for name, real, before in programs]
    extras = [b"{%s, %s}" % (_text(source), _words(more)) for source, more in flags.items()]
    lists = {
        "SOURCES": SOURCES, "WITH_VALUE": WITH_VALUE, "COMPILES": COMPILES, "OTHERWISE": OTHERWISE, "TRIALS": TRIALS,
        "TUNED": TUNED, "ROOM": ROOM, "MARKED": MARKED, "AWAY": AWAY,
        "PLACES": PLACES,
    }  # fmt: skip
    lines = [
        b"static const char LEDGER[] = %s, GATE[] = %s;" % (_text(ledger), _text(gate)),
        b"static const char *const DISTCC = %s, *const TREE = %s;" % (_text(distcc), _text(tree)),
        b"static const int RULES = %d;" % rules,
        b"static const struct program PROGRAMS[] = {%s, {0}};" % b", ".join(rows),
        b"static const struct extra EXTRAS[] = {%s};" % b", ".join([*extras, b"{0}"]),
        *(
            b"static const char *const *const %s = %s;" % (name.encode(), _words(words))
            for name, words in lists.items()
        ),
    ]
    return b"\n".join(lines) + b"\n"


def _words(words: Sequence[str]) -> bytes:
    return b"(const char *const[]){%s}" % b", ".join([*map(_text, words), b"0"])


def _text(text: str) -> bytes:
    """A C string, whatever its bytes; 0 for the empty one."""
    return b'"%s"' % b"".join(b"\\%03o" % byte for byte in os.fsencode(text)) if text else b"0"
