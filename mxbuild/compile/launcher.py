"""The compiler launcher: one word for CXX that records each compile and changes none.

This file runs by itself, under `python -I -S`, hundreds of times in a build: it imports nothing that costs (built-in
modules only, 3 ms less than `os`) and knows nothing of mxbuild. `install` writes copies of it with what it needs as
literals in front. A compile that it cannot record is a compile all the same.

nvcc takes its host compiler as one word (`-ccbin $(CXX)`, in every MXNet Makefile), so CXX="ccache g++" breaks it.
It calls that one, which is a launcher as well, for files of its own: whatever a launcher starts finds INSIDE in its
environment and stays out of the ledger, so that a .cu counts once.
"""

import _signal  # type: ignore[import-not-found]  # `signal` without its enums, which cost 10 ms
import posix
import sys
import time

COMPILER = ""
PREFIX = ""
LEDGER = ""
FLAGS: "dict[str, tuple[str, ...]]" = {}
# --- the literals above are replaced by `mxbuild.compile.install` ---

INSIDE = b"MXBUILD_INSIDE"
"""Set for everything below a launcher."""
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
"""Not a compile, though it names a source. Upstream's Makefiles call `nvcc -M` before each `nvcc -c`."""
TRIALS = ("/CMakeFiles/CMakeTmp/", "/CMakeFiles/CMakeScratch/")
"""Where CMake (up to 3.24, from 3.25 on) tries out what a compiler can; nothing that is compiled there is kept."""
FORWARDED = (_signal.SIGTERM, _signal.SIGINT, _signal.SIGHUP)
IGNORED_BY_PYTHON = (_signal.SIGPIPE, _signal.SIGXFSZ)
"""Python ignores them, and what is ignored stays so through exec: the compiler gets its defaults back."""


def find(argv: "list[str]") -> "tuple[str, str]":
    """(source, object) of a compile; ("", "") for anything else (a link, -MM, --version, a trial)."""
    source = target = ""
    compiles = False
    words = iter(argv)
    for word in words:
        if word in COMPILES:
            compiles = True
        elif word in ("-o", "--output-file"):
            target = next(words, "")
        elif word in WITH_VALUE:
            next(words, "")
        elif word in OTHERWISE:
            return "", ""
        elif word.startswith("-o"):
            target = word[2:]
        elif not word.startswith("-") and word.rpartition(".")[2] in SOURCES:
            source = word
    if not (compiles and source and target.endswith(".o")) or any(trial in absolute(target) for trial in TRIALS):
        return "", ""
    return source, target


def extended(argv: "list[str]") -> "list[str]":
    """The words with the flags that this source alone gets, at the end, where they win; in each call that names it."""
    more = [flag for word in argv for flag in FLAGS.get(absolute(word), ())] if FLAGS else []
    return [*argv, *more]


def absolute(path: str) -> str:
    """The path from the root on, as make's directory makes it."""
    return path if path.startswith("/") else f"{posix.getcwd()}/{path}"


def quoted(text: str) -> str:
    """The text as a JSON string; importing json costs 10 ms."""
    out = []
    for char in text.encode(sys.getfilesystemencoding(), "surrogateescape").decode("utf-8", "backslashreplace"):
        if char in '"\\':
            out.append("\\" + char)
        elif char < " ":
            out.append(f"\\u{ord(char):04x}")
        else:
            out.append(char)
    return '"' + "".join(out) + '"'


def record(line: str) -> None:
    """One line, in one write: lines of compilers that run side by side never mix."""
    try:
        descriptor = posix.open(LEDGER, posix.O_WRONLY | posix.O_APPEND | posix.O_CREAT | posix.O_CLOEXEC, 0o644)
        try:
            posix.write(descriptor, line.encode())
        finally:
            posix.close(descriptor)
    except OSError:
        pass


def become(command: "list[str]") -> int:
    """Turn into the command, as if there had been no launcher."""
    for number in IGNORED_BY_PYTHON:
        _signal.signal(number, _signal.SIG_DFL)
    try:
        posix.execve(command[0], command, {**posix.environ, INSIDE: b"1"})
    except OSError as error:
        posix.write(2, f"{command[0]}: {error.strerror}\n".encode(errors="replace"))
        return 127


def run(command: "list[str]", source: str, target: str) -> int:
    """Run a compile between two lines of the ledger; its exit status, negative for a signal.

    Raises:
        OSError: it cannot be started; never once it runs, or a stopped build would compile the file anew.
    """
    started = time.time()
    child = posix.posix_spawn(command[0], command, {**posix.environ, INSIDE: b"1"}, setsigdef=IGNORED_BY_PYTHON)

    def forward(number: int, _: object) -> None:
        try:  # noqa: SIM105
            posix.kill(child, number)
        except OSError:  # contextlib costs; the whole group got the signal, and the compiler was sooner
            pass

    # make ends only the process that it knows, this one: the compiler has to be told.
    for number in FORWARDED:
        _signal.signal(number, forward)
    head = f'"source":{quoted(source)},"object":{quoted(absolute(target))},"pid":{child},"start":{started:.3f}'
    record(f'{{"event":"start",{head}}}\n')
    _, status, usage = posix.wait4(child, 0)
    code = posix.waitstatus_to_exitcode(status)
    try:
        size = posix.stat(target).st_size
    except OSError:
        size = 0
    record(
        f'{{"event":"end",{head},"end":{time.time():.3f},"code":{code},"memory":{usage.ru_maxrss * 1024},'
        f'"cpu":{usage.ru_utime + usage.ru_stime:.3f},"size":{size}}}\n'
    )
    return code


def main(argv: "list[str]") -> int:
    """Run the compiler; its exit status. A signal that ends it ends the launcher."""
    if INSIDE in posix.environ:
        return become([COMPILER, *argv])
    source, target = find(argv)
    argv = extended(argv)
    if not source:
        return become([COMPILER, *argv])
    try:
        code = run([PREFIX, COMPILER, *argv] if PREFIX else [COMPILER, *argv], source, target)
    except OSError:  # no ccache any more, or no room for one process more
        return become([COMPILER, *argv])
    if code >= 0:
        return code
    if -code not in (_signal.SIGKILL, _signal.SIGSTOP):
        _signal.signal(-code, _signal.SIG_DFL)
    posix.kill(posix.getpid(), -code)
    return 128 - code


if __name__ == "__main__":
    posix._exit(main(sys.argv[1:]))  # nothing is buffered; the interpreter's own end costs 2 ms
