"""nvcc's part of the stand-in: both calls that a Makefile makes, and the question for its version."""

import os
import re
import shlex
import subprocess
import sys

RECORDED = ""
ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
LAUNCH = re.compile(r"(\w+)<<<(.+?), (.+?)>>>\(")
TABLE = b"\xb1\x43\x62\x46\x01" + bytes(19)
"""A record of .nvFatBinSegment."""


def main(argv):
    if "--version" in argv:
        sys.stdout.write("nvcc: NVIDIA (R) Cuda compiler driver\nCuda compilation tools, release 13.0, V13.0.88\n")
        return 0
    host, target, source, rules, flags = "g++", "", "", False, []
    words = iter(argv)
    for word in words:
        if word == "-ccbin":
            host = next(words)
        elif word == "-Xcompiler":
            flags += shlex.split(next(words))
        elif word.startswith("-Xcompiler="):
            flags.append(word.split("=", 1)[1])
        elif word in ("-o", "-MT"):
            target = next(words)
        elif word == "-gencode":
            next(words)
        elif word == "-M":
            rules = True
        elif word.endswith(".cu"):
            source = word
        elif word.startswith(("-std=", "-O", "-I", "-D")):
            flags.append(word)
    common = [host, *flags, "-I", os.path.join(ROOT, "include"), "-include", "cuda_runtime.h", "-x", "c++"]
    if rules:
        return subprocess.call([*common, "-M", "-MT", target, source])
    # nvcc's own file lies elsewhere and has another name, and it lets the host compiler write the object.
    own = target + ".cudafe1.cpp"
    with open(source) as file, open(own, "w") as out:
        out.write(f'#line 1 "{source}"\n' + LAUNCH.sub(r"shim::run(\1, \2, \3, ", file.read()))
    try:
        code = subprocess.call([*common, "-iquote", os.path.dirname(source), "-c", own, "-o", target])
        if code:
            return code
        sections = []
        with open(own, "wb") as table:
            table.write(TABLE)
        for name, path in ((".nv_fatbin", RECORDED), (".nvFatBinSegment", own)):
            sections += ["--add-section", name + "=" + path, "--set-section-flags", name + "=alloc,readonly,data"]
        return subprocess.call(["objcopy", *sections, target])
    finally:
        os.unlink(own)


sys.exit(main(sys.argv[1:]))
