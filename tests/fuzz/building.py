"""What the programs that a build calls say, git, make, compilers, apt, pip, ccache, distcc, and what they made."""

import importlib
import io
import os
import shutil
import struct
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path
from types import ModuleType
from typing import Any
from unittest import mock

from mxbuild.compile import install, objects
from mxbuild.errors import AptError, BuildError, SourceError, UsageError
from mxbuild.execute import (
    apt,
    checkout,
    elf,
    embedded,
    fatbin,
    fetch,
    git,
    loader,
    makelog,
    makeworld,
    pins,
    pip,
    remotecache,
    runtime,
    shims,
    substitute,
    virtualenv,
    workercheck,
)
from mxbuild.execute.git import Reply
from mxbuild.execute.gitfailure import GitFailedError
from mxbuild.execute.notebook import kernelspec
from mxbuild.execute.upstream import running
from mxbuild.execute.upstream import source as tests_source
from mxbuild.execute.upstream.records import Records
from mxbuild.execute.urls import check_path, protocol
from mxbuild.failures import diagnose
from mxbuild.failures.lines import SHOWN
from mxbuild.model import Compiler, Line, Substitution, Worker
from mxbuild.process import LONGEST, Ended
from mxbuild.tour import c_side, python_side
from mxbuild.ui import diagnosis
from mxbuild.ui.events import document
from tests.fuzz.detection import SCRATCH, written
from tests.fuzz.target import Anything, Target, joined, text, texts

reference = importlib.import_module("mxbuild.execute.upstream.interpreter")  # the package has a function of that name
HERE = Path(__file__).parent.parent
GPP = Compiler(cxx="/usr/bin/g++", cc="/usr/bin/gcc", family="gcc", version="12.2", target="x86_64", source="g++")
WORKER = Worker(name="build1", host="@build1/8,lzo", slots=8, transport="ssh")


class Saying:
    """Stands where git would run: whatever it is asked, it says the case."""

    def __init__(self, data: bytes) -> None:
        self._reply = Reply(data, tuple(text(data).splitlines()))

    def run(self, *_: object, **__: object) -> Reply:
        return self._reply


def told(module: ModuleType, call: Callable[[], object], data: bytes, code: int = 0) -> object:
    """The call, in whose module every child says the case."""
    said = text(data)
    stand_ins: dict[str, object] = {
        "output": lambda *_, **__: (code, said, said),
        "run_limited": lambda *_, **__: Ended(code, said, said, False),
        "run_logged": _logged(said, code),
    }
    names = vars(module)
    real = {name: names[name] for name in stand_ins if name in names}
    names.update({name: stand_ins[name] for name in real})  # mock.patch takes longer than most parsers
    try:
        return call()
    finally:
        names.update(real)


def _logged(said: str, code: int) -> Callable[..., int]:
    def run(*_: object, on_line: Callable[[str], None] = lambda line: None, **__: object) -> int:
        for line in said.splitlines():
            on_line(line[:LONGEST])
        return code

    return run


def child(module: ModuleType, call: Callable[[], object], code: int = 0) -> Callable[[bytes], object]:
    return lambda data: told(module, call, data, code)


def _git_lines(data: bytes) -> object:
    """As they come through a pipe, in pieces."""
    reader, writer = os.pipe()
    os.write(writer, data[:60_000])
    os.close(writer)
    with os.fdopen(reader, "rb") as stream:
        lines = list(git._lines(stream))
    return [(int(m["done"] or 0), int(m["total"] or 0)) for line in lines if (m := git.PROGRESS.match(line))]


def _git_failed(data: bytes) -> object:
    said = "\n".join(line[: git.LONGEST] for line in text(data).splitlines()[-git.NOTES :])
    found = [GitFailedError(("fetch",), 128, said, over_network=over) for over in (True, False)]
    one = Anything(_urls=("https://a/b", "https://a/c"), _name="core")
    return [(f.kind, f.reason, f.remedy, fetch.Fetch._error(one, f, "https://a/b")) for f in found]


def _trees(data: bytes) -> object:
    said: Any = Saying(data)
    other = [checkout.tracked(said, "/x"), checkout.blob(said, "/x", "0", "a"), checkout.altered(said, "/x", "0")]
    return other, checkout.differences("", checkout.gitlinks(said, "/x", "0"), {}, ())


def _blobs(data: bytes) -> object:
    (SCRATCH / "blobs/.git").mkdir(parents=True, exist_ok=True)
    one = Anything(
        _local=Saying(data).run, _git=Saying(data), _exclude=("docs",), _directory=str(SCRATCH / "blobs"), _here=()
    )
    one._missing = lambda: fetch.Fetch._missing(one)
    return fetch.Fetch._files(one)


def _address(data: bytes) -> object:
    """A server's or a configuration's."""
    git = Anything()
    git.run = lambda directory, *_: os.makedirs(f"{directory}/.git")  # git init
    one = Anything(_local=Saying(data).run, _git=git, _directory=str(SCRATCH / "prepared"))
    return fetch.Fetch._prepare(one, "https://a/b")


def _upstreams_trees(data: bytes) -> object:
    tests: Any = Anything(directory="tests", beside=())
    with mock.patch.object(tests_source, "Git", lambda environ: Saying(data)):
        place = SCRATCH / "unpacked"
        shutil.rmtree(place, ignore_errors=True)
        before = set(SCRATCH.iterdir())
        try:
            return tests_source.unpack("/x", "0" * 40, tests, str(place / "in"), Anything())
        finally:
            assert set(SCRATCH.iterdir()) - {place} == before - {place}, "nothing is written outside"


def _survey(data: bytes) -> object:
    reader = pins._Reader(Saying(data), str(SCRATCH), None, lambda said: None)  # type: ignore[arg-type]
    reader._protocols["/x"] = "https"
    urls = pins._urls(text(data))
    paths = [pins._joined("https://a/b/c", url) for url in urls.values()]
    for step in (
        lambda: reader.tagged("https://a/b", "1"), lambda: reader.submodules("/x", "0", "https://a/b"),
        lambda: [check_path(path) for path in urls], lambda: [protocol(path) for path in paths],
    ):  # fmt: skip
        with suppress(SourceError):
            step()
    return reader.date("/x", "0"), reader.file("/x", "0", "a")


def _embedded(data: bytes) -> object:
    factory: Any = Anything(_trees={"a/b": {".gitmodules": data}}, _git=Saying(data))
    written(data, "embedded/.gitignore")
    return list(embedded._Factory._submodules(factory, "a/b")), embedded._files(SCRATCH / "embedded")


def _make_log(data: bytes) -> object:
    found = makelog.first_error(str(written(data, "make.log")))
    assert all(len(line) <= SHOWN for line in found.lines)
    assert "\n" not in found.headline
    return found


def _any_log(data: bytes) -> object:
    seen = diagnose(io.BytesIO(data))
    diagnosis.render(seen, "log")
    return document(seen)


def _apt(data: bytes) -> object:
    step: Any = Anything(packages=("a",), right="sudo", unconfigured=True, id="apt")
    context: Any = Anything(environ={})
    return apt._run(step, context, ["apt-get", "install", "a"], "log")


def _pip(code: int) -> Callable[[bytes], object]:
    def call() -> object:
        step: Any = Anything(id="environment", python="/usr/bin/python3", log="log")
        return pip.Pip(step, "/e", Anything(environ={}, watch=_seen)).install(["a"])

    return child(pip, call, code)


def _seen(event: object) -> None:
    assert not isinstance(event, Line) or "\n" not in event.text


def _environment(code: int) -> Callable[[bytes], object]:
    step: Any = Anything(id="environment", python="/usr/bin/python3", log="log")
    context: Any = Anything(environ={}, watch=_seen)
    return child(virtualenv, lambda: (virtualenv.ask("/e", context), virtualenv.create("/e", step, context)), code)


def _kernel(code: int) -> Callable[[bytes], object]:
    part: Any = Anything(kind="kernel", bin="/k/bin", path="/k")
    one: Any = Anything(path="/e")
    one.name, one.receipt.verification.package = "mxnet-1", "mxnet"
    context: Any = Anything(environ={}, watch=_seen)
    return child(kernelspec, lambda: kernelspec._try(part, one, str(SCRATCH / "log"), context), code)


def _checked() -> runtime.Subject:
    return runtime.Subject("/e", "p", "1", "/l", environ={}, log=str(SCRATCH / "log"))


def _check(code: int) -> Callable[[bytes], object]:
    return child(runtime, lambda: runtime._one(_checked(), "import", Anything()), code)


def _company(data: bytes) -> object:
    def writes(command: Sequence[str], **_: object) -> Ended:
        Path(command[command.index(str(runtime.COMPANY)) + 1]).write_bytes(data)
        return Ended(0, "", "", False)

    with mock.patch.object(runtime, "run_limited", writes):
        found = runtime._company(_checked(), ["version", "dot"], Anything())
    assert found.keys() <= {"version", "dot"}
    return found


def _crash(data: bytes) -> object:
    records = Records("test_a.py", str(written(b'{"event":"collected","tests":["a"]}\n', "record")))
    records.read()
    ended = Ended(-11 if data[:1] < b"\x80" else -(data[0] % 64), text(data), text(data), False)
    return running._go_on(records, ended, "", 0), runtime.fault(ended, 1.0)


def _worker(data: bytes) -> object:
    tried = workercheck._Tried(Ended(1, "", text(data), False), text(data), 1.0)
    return workercheck._trouble(WORKER, GPP, tried)


def _workers_object(data: bytes) -> object:
    return workercheck.made_by(str(written(data, "there.o")))


def _library(data: bytes) -> object:
    path = str(written(data, "library.so"))
    facts = elf.facts(path)
    return [elf.newest(facts.versions, family) for family in ("GLIBC", "GLIBCXX")], loader.resolve(path, {})


def _device_code(data: bytes) -> object:
    return list(fatbin.containers(data, 0, len(data)))


def _registered(data: bytes) -> object:
    return fatbin._registered(data)


def _tracked(data: bytes) -> object:
    (SCRATCH / "checkout/.git").mkdir(parents=True, exist_ok=True)
    with mock.patch.object(makeworld, "Git", lambda environ: Saying(data)):
        return makeworld.tracked(str(SCRATCH / "checkout"), {})


def _device_library(data: bytes) -> object:
    return fatbin.read(str(written(data, "device.so")))


def _loader_cache(data: bytes) -> object:
    return [loader.package(name) for name in told(loader, lambda: loader.cache({}), data)]  # type: ignore[attr-defined]


def _counts(data: bytes) -> object:
    return remotecache.counts(str(written(data, "statistics")))


def _module(data: bytes) -> object:
    return shims.in_front(data, "a/__init__.py", ("from . import _mxbuild",))


def _names(data: bytes) -> object:
    rows = (Substitution(file="a.cc", old="nullptr", new="NULL", count=1),)
    written(data, "tree/a.cc")
    substitute.apply(str(SCRATCH / "tree"), rows)
    return substitute.undone(str(SCRATCH / "tree"), rows)


def _map(data: bytes) -> object:
    python, header = texts(data, 2)
    clean = c_side.blanked(header)
    assert len(clean) == len(header)
    found = [list(c_side.functions(clean, end)) for end in ";{"]
    return (
        python_side.module("m", "m.py", python),
        found,
        list(c_side.structures(clean, "h")),
        list(c_side.registrations(header, "h")),
    )


def small_library(flags: int = 0, rows: int = 1) -> bytes:
    """A shared library of 64 bits by hand: a dynamic section, its strings, a symbol; no compiler is asked.

    Args:
        flags: of its sections.
        rows: how many needs its table of versions says that it has, of which the only one leads to none.
    """
    strings = b"\0libc.so.6\0liba.so.1\0/one:$ORIGIN\0puts\0main\0GLIBC_2.34\0"
    at = strings.index
    dynamic = b"".join(
        struct.pack("<qQ", tag, at(word))
        for tag, word in ((1, b"libc.so.6"), (14, b"liba.so.1"), (29, b"/one"), (15, b"/one"), (0, b"\0"))
    )
    symbols = struct.pack("<IBBHQQ", 0, 0, 0, 0, 0, 0)
    symbols += struct.pack("<IBBHQQ", at(b"puts"), 0x12, 0, 0, 0, 0) + struct.pack(
        "<IBBHQQ", at(b"main"), 0x12, 0, 1, 1, 1
    )
    need = struct.pack("<HHIII", 1, 1, at(b"libc.so.6"), 16, 0) + struct.pack("<IHHII", 1, 0, 2, at(b"GLIBC_2.34"), 0)
    names = b"\0.dynstr\0.dynamic\0.dynsym\0.gnu.version_r\0.shstrtab\0.nv_fatbin\0.nvFatBinSegment\0"
    bodies = (
        (".dynstr", 3, strings, 0, 0), (".dynamic", 6, dynamic, 1, 16), (".dynsym", 11, symbols, 1, 24),
        (".gnu.version_r", 0x6FFFFFFE, need, 1, 0), (".shstrtab", 3, names, 0, 0), (".nv_fatbin", 1, FATBIN, 0, 0),
        (".nvFatBinSegment", 1, REGISTERED, 0, 0),
    )  # fmt: skip
    heads, content, offset = [bytes(64)], b"", 64
    for name, kind, body, link, width in bodies:
        where = names.index(name.encode() + b"\0")
        heads.append(
            struct.pack("<IIQQQQIIQQ", where, kind, flags, 0, offset + len(content), len(body), link, rows, 8, width)
        )
        content += body
    start = b"\x7fELF\x02\x01\x01" + bytes(9)
    header = struct.pack("<HHIQQQIHHHHHH", 3, 62, 1, 0, 0, 64 + len(content), 0, 64, 56, 0, 64, len(heads), 5)
    return start + header + content + b"".join(heads)


ENTRIES = b"".join(
    fatbin.ENTRY.pack(kind, 0x101, 64, 16, 0, 64, 8, 1, 90) + bytes(64 - fatbin.ENTRY.size + 16)
    for kind in (fatbin.PTX, fatbin.ELF, 8)
)
FATBIN = fatbin.CONTAINER.pack(fatbin.MAGIC, 1, fatbin.CONTAINER.size, len(ENTRIES)) + ENTRIES + bytes(24)
REGISTERED = fatbin.RECORD.pack(fatbin.REGISTERED, 1, 0, 0)
LIBRARY = small_library()
PACKED, ENDLESS = small_library(0x800), small_library(rows=(1 << 32) - 1)
GIT = (
    b"remote: Enumerating objects: 12, done.\rReceiving objects:  23% (3/12), 1.20 MiB | 2.40 MiB/s\r"
    b"Receiving objects: 100% (12/12), done.\nfatal: unable to access 'https://a/b/': Could not resolve host: a\n"
)
OWNER = b"fatal: detected dubious ownership in repository at '/srv/x'\nTo add an exception\n"
LINK = b"160000 commit 0123456789abcdef0123456789abcdef01234567\tcore\x00100644 blob 0123456789abcdef0123456789abcdef01234567\ttests/a\x00"
NESTED = LINK.replace(b"tests/a", b"tests/" + b"a/" * 1500 + b"a")
INDEX = b"H 100644 01 0\tsrc/a.cc\x00M\x00a\x00D\x00docs/b\x00"
TAGS = (
    b"0123456789abcdef0123456789abcdef01234567\trefs/tags/1\n0023456789abcdef0123456789abcdef01234567\trefs/tags/1^{}\n"
)
MODULES = b'[submodule "core"]\n\tpath = core\n\turl = ../core.git\n[submodule "x"]\n\tpath = 3rdparty/x\n\turl = https://a/b\n'
VALUES = b"submodule.core.path\ncore\x00submodule.core.url\nembedded:a/core\x00"
GCC = b"src/a.cc: In function 'f':\nsrc/a.cc:3:5: error: 'x' was not declared\nmake: *** [Makefile:10: build/a.o] Error 1\n"
NVCC = b"a.cu(12): error #20-D: identifier is undefined\nnvcc fatal   : Unsupported gpu architecture 'compute_30'\n"
APT = (
    b"0 upgraded, 3 newly installed, 0 to remove\nUnpacking g++ (4:12)\nSetting up g++ (4:12)\nE: Could not get lock\n"
)
DPKG = b"ii \tg++\t4:12\nii \tlibc6\t2.36\nrc \tx\t1\n"
PIP = b"Collecting numpy==1.26.4\nProcessing ./a.whl\nInstalling collected packages: a\nERROR: No matching distribution found for a\n"
HASH = b"ERROR: THESE PACKAGES DO NOT MATCH THE HASHES FROM THE REQUIREMENTS FILE.\n    numpy from https://x\n"
LDCONFIG = b"\tlibc.so.6 (libc6,x86-64) => /lib/x86_64-linux-gnu/libc.so.6\n\tlibgfortran.so.3 (libc6) => /usr/lib/x\n"
CCACHE = b"# a.cc\ndirect_cache_hit\nremote_storage_hit\ncache_miss\nremote_storage_error\n"
DISTCC = b"distcc[1] ERROR: failed to connect to build1: Connection refused\ndistcc[1] (dcc_x) compiled locally\nssh: Permission denied\n"
TRACE = b'Traceback (most recent call last):\n  File "a.py", line 1\nImportError: libx.so.3: cannot open\n1.2.3\n'
FIRST = b'"""Docs."""\nfrom __future__ import print_function\nimport numpy\n'
SOURCE = b"int *p = nullptr; // a::nullptr\n"
PYTHON = '''"""Docs."""
class A(b.C, metaclass=D):
    def f(self):
        class Info(Structure):
            _fields_ = [("x", c_int)]
        check_call(_LIB.MXf(symbol._internal._A(info=Info(1))))
'''
HEADER = """/* x */
#define A(x) \\
  x
struct S { void (*f)(int); int a[4]; };
MXNET_DLL const char *MXf(const char* name,
  int x); // y
int MXg(int x) { return 'a' + MXf("(", 1); }
NNVM_REGISTER_OP(dot)
"""
ASKED = (
    b'["3.11.2","/usr/lib/python3.11/site-packages","/usr/lib64"]\n["3.11.2","/usr/bin/python3","1.26.4","/x/mxnet"]\n'
)

TARGETS = (
    Target("git's progress and messages", _git_lines, (GIT,)),
    Target("git's failures", _git_failed, (GIT, OWNER, b"remote: fatal: not our ref 01\n")),
    Target("git's trees and indexes", _trees, (LINK, INDEX), (SourceError,)),
    Target("git's list of blobs", _blobs, (LINK,), (SourceError,)),
    Target("git's idea of an address", _address, (b"https://a/b\n", b"ext::sh -c x\n"), (SourceError,)),
    Target("upstream's test directories", _upstreams_trees, (LINK,), (SourceError, OSError), (NESTED,)),
    Target("tags, submodules, .gitmodules", _survey, (TAGS, MODULES, LINK)),
    Target(
        "an embedded source's .gitmodules and .gitignore",
        _embedded,
        (VALUES, MODULES),
        (SourceError,),
        (b"[" * 65_000,),
    ),
    Target("make's log", _make_log, (GCC, NVCC, GCC + NVCC)),
    Target(
        "any log",
        _any_log,
        (GCC, NVCC, GIT, APT, PIP, TRACE),
        (),
        (  # what made an expression of the book's try each place of a line with each end
            b"omplib" * 680 + b": cannot\n",
            (b"a: " * 1350 + b"Could not\n") * 20,
            (b"../" * 1350 + b" cannot\n") * 25,
            (b"libcudnn" * 500 + b" cannot\n") * 80,
            b"make: *** [a:1: " * 250 + b"\n",
        ),
    ),
    Target(
        "make's database",
        child(objects, lambda: objects.planned("make", "/t", {".": "OBJ"}, (), {})),
        (b"build/a.o build/b.o\n",),
        (BuildError,),
    ),
    Target(
        "make's complaint",
        child(objects, lambda: objects.planned("make", "/t", {".": "OBJ"}, (), {}), 2),
        (b"Makefile:1: *** x\n",),
        (BuildError,),
    ),
    Target(
        "the launcher's compiler's complaint",
        child(install, lambda: install._compile(GPP, SCRATCH, {}), 1),
        (GCC,),
        (BuildError,),
    ),
    Target("pkg-config", child(makeworld, lambda: makeworld._version("opencv4", {})), (b"4.6.0\n",)),
    Target(
        "pkg-config's complaint",
        child(makeworld, lambda: makeworld._version("opencv4", {}), 1),
        (b"Package x\n",),
        (BuildError,),
    ),
    Target("apt-get", lambda data: told(apt, lambda: _apt(data), data), (APT,)),
    Target("apt-get's complaint", lambda data: told(apt, lambda: _apt(data), data, 100), (APT,), (AptError,)),
    Target("dpkg-query", child(apt, lambda: apt.installed(Anything(environ={}))), (DPKG,)),
    Target("pip", _pip(0), (PIP, HASH)),
    Target("pip's complaint", _pip(1), (PIP, HASH), (BuildError,)),
    Target("venv's answer", _environment(0), (ASKED.splitlines()[0],), (BuildError,)),
    Target("venv's complaint", _environment(1), (b"No module named venv\n",), (BuildError,)),
    Target("ldconfig", _loader_cache, (LDCONFIG,)),
    Target("ccache's statistics", _counts, (CCACHE,)),
    Target("distcc's log and ssh's words", _worker, (DISTCC, b"ssh: Could not resolve hostname x\n")),
    Target("an object of a worker's", _workers_object, (LIBRARY,)),
    Target(
        "a kernel's words",
        _kernel(0),
        (b'noise\n["1.0.0","/e/lib/mxnet/__init__.py",true]\n', b'["1.0.0","/e/lib/\\u0000mxnet",true]\n'),
        (BuildError,),
    ),
    Target("a kernel's complaint", _kernel(1), (TRACE,), (BuildError,)),
    Target("a check's words", _check(0), (TRACE, b"1.2.3\n")),
    Target("a check's last words", _check(1), (TRACE,)),
    Target("what checks in company said", _company, (b'{"name":"dot","words":"fine","seconds":0.5}\n',)),
    Target("a crash's last words", _crash, (TRACE, b"\xffx")),
    Target(
        "what a reference says it is",
        child(reference, lambda: reference.interpreter("/p", {}, {})),
        (ASKED,),
        (UsageError,),
    ),
    Target("libraries (ELF)", _library, (LIBRARY, PACKED, ENDLESS), (ValueError, OSError)),
    Target("device code", _device_code, (FATBIN, FATBIN * 2), (ValueError,)),
    Target("registered device code", _registered, (REGISTERED,), (ValueError,)),
    Target("files that git tracks", _tracked, (b"src/a.o\x00lib/b.so\x00",)),
    Target("libraries with device code", _device_library, (LIBRARY,), (ValueError,)),
    Target("upstream's first module", _module, (FIRST,), (BuildError,)),
    Target("a source with names to replace", _names, (SOURCE,), (SourceError,)),
    Target(
        "a tree's Python and C",
        _map,
        (joined(PYTHON, HEADER), joined("print 'x'\n", HEADER), joined("", HEADER)),
        (),
        (joined("", '\\"' * 30_000),),  # outside of a string
    ),
)
