"""The compiler launcher: one word for CXX that records each compile and changes none.

This file runs by itself, under `python -I -S`, hundreds of times in a build: it imports nothing that costs, and knows
nothing of mxbuild. `install` writes copies of it with what it needs as literals in front. A compile it cannot record
is a compile all the same.

nvcc takes its host compiler as one word (`-ccbin $(CXX)`, in every MXNet Makefile), so CXX="ccache g++" breaks it.
"""

import os
import sys
import time

COMPILER = ""
PREFIX = ""
LEDGER = ""
# --- literals above are replaced by `mxbuild.compile.install` ---


def find(argv: "list[str]") -> "tuple[str, str]":
    """(source, object) of a compile; ("", "") for anything else (a link, -MM, --version)."""
    target = source = ""
    compiles = False
    words = iter(argv)
    for word in words:
        if word == "-c":
            compiles = True
        elif word == "-o":
            target = next(words, "")
        elif word in ("-MF", "-MT", "-MQ", "-I", "-isystem", "-include", "-x", "-D", "-U"):
            next(words, "")
        elif word in ("-E", "-S", "-M", "-MM"):
            return "", ""
        elif not word.startswith("-") and word.rsplit(".", 1)[-1] in ("cc", "cpp", "cxx", "c", "cu", "C"):
            source = word
    return (source, target) if compiles and source and target.endswith(".o") else ("", "")


def quoted(text: str) -> str:
    """The text as a JSON string; importing json costs 10 ms."""
    out = []
    for char in text.encode("utf-8", "surrogateescape").decode("utf-8", "backslashreplace"):
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
        descriptor = os.open(LEDGER, os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC, 0o644)
        try:
            os.write(descriptor, line.encode())
        finally:
            os.close(descriptor)
    except OSError:
        pass


def main(argv: "list[str]") -> int:
    """Run the compiler; its exit status, or 128 + the signal that ended it."""
    command = [PREFIX, COMPILER, *argv] if PREFIX else [COMPILER, *argv]
    source, target = find(argv)
    if not source:
        os.execv(command[0], command)
    where = os.getcwd()
    head = f'"source":{quoted(source)},"object":{quoted(os.path.join(where, target))}'
    started = time.time()
    child = os.posix_spawn(command[0], command, os.environ)
    record(f'{{"event":"start",{head},"pid":{child},"start":{started:.3f}}}\n')
    _, status, usage = os.wait4(child, 0)
    code = os.waitstatus_to_exitcode(status)
    try:
        size = os.stat(target).st_size
    except OSError:
        size = 0
    record(
        f'{{"event":"end",{head},"pid":{child},"start":{started:.3f},"end":{time.time():.3f},"code":{code},'
        f'"memory":{usage.ru_maxrss * 1024},"cpu":{usage.ru_utime + usage.ru_stime:.3f},"size":{size}}}\n'
    )
    return code if code >= 0 else 128 - code


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
