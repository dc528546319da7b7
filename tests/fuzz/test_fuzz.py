"""The short run over every parser of foreign text; `python -m tests.fuzz` is the long one."""

import ast
import sys
from collections.abc import Iterator
from pathlib import Path
from types import FrameType

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import mxbuild
from tests.fuzz.run import TARGETS, attempt, run
from tests.fuzz.target import Target

PACKAGE = Path(mxbuild.__file__).parent
MARKS = {
    "splitlines", "decoded", "loads", "unpack", "unpack_from", "iter_unpack", "read_text", "read_bytes", "ELFFile",
    "get_section", "isdigit", "isdecimal", "fromhex", "fromstring", "literal_eval", "stdout", "stderr", "csv",
}  # fmt: skip
"""What a function has in it that takes a text, a file or a child's output apart."""

APART = ("cli", "ui", "script.py", "execute/cases", "execute/checks", "execute/inside", "execute/upstream/inside",
         "detect/probes", "data")  # fmt: skip
"""Write to our own streams, or run in other processes than mxbuild's."""

NOT_FOREIGN = {
    "bugreport/parts.py _machine": "packs what capture has written",
    "compile/gate.py Gate._welcome": "the kernel says who it is",
    "compile/objects.py generated": "through CMake's makefiles",
    "detect/apt.py look": "names of files",
    "doctor/builds.py _text": "decodes, no more",
    "detect/capture.py capture": "writes what detection has read",
    "detect/capture.py write_commands": "writes what detection has read",
    "detect/capture.py _stderr": "writes what detection has read",
    "detect/chips.py table": "ships with mxbuild",
    "execute/compilewatch.py resident": "the kernel's numbers of a process of ours",
    "execute/device.py stand_in": "shows a compiler's last lines, as it says them",
    "execute/embedded.py _Factory._commit": "git fast-import's one word",
    "execute/git.py Git.__init__": "git's version, by a pattern",
    "execute/git.py Git.run": "hands on what _lines has read",
    "execute/makeworld.py epoch": "digits, or nothing",
    "execute/packs.py pack": "git's own listing, which entries() takes apart",
    "execute/objectcache.py _read": "words of a file of ours, whatever they are",
    "execute/remotecache.py trouble": "shows a compiler's last lines, as it says them",
    "execute/source.py _substituted": "compares with what substitute.py makes",
    "execute/store.py push": "the same answer that look() takes apart",
    "execute/toolkit.py _stub": "a header whose SHA-256 is pinned",
    "execute/upstream/__init__.py examine": "no text: it calls unpack() of source.py",
    "execute/upstream/running.py run_file": "hands on what _go_on takes apart",
    "execute/upstream/running.py _process": "writes it into the log",
    "execute/workercheck.py check": "shows a compiler's last lines; compares two files",
    "execute/workercheck.py _compile": "hands on what _trouble takes apart",
    "process.py run_logged": "lines of whatever length: tests/test_process.py",
    "process.py _alive": "names in /proc",
    "process.py output": "decodes, no more",
    "process.py run_limited": "decodes, no more",
    "resolve/bundle.py packages": "ships with mxbuild",
    "resolve/cuda_releases.py table": "ships with mxbuild",
    "resolve/distribution.py distributions": "ships with mxbuild",
    "resolve/image.py images": "ships with mxbuild",
    "resolve/shims.py processor": "ships with mxbuild",
    "resolve/shims.py _digest": "ships with mxbuild",
    "recipe/schema.py schema": "our own text",
    "execute/lock.py _holder": "decodes, no more",
    "execute/notebook/pins.py pins": "ships with mxbuild",
    "execute/notebook/starter.py lay": "ships with mxbuild",
    "execute/repair.py _hashes": "lines of a file of ours, by a pattern",
    "execute/shims.py modules": "ships with mxbuild",
    "failures/entries.py book": "ships with mxbuild",
    "failures/entries.py pages": "ships with mxbuild",
    "execute/operators.py place": "copies files whose hashes are known",
    "execute/operators.py _digest": "hashes, no more",
    "scaffold.py _text": "ships with mxbuild",
    "execute/shims.py changed": "hands on to substitute.py and in_front()",
    "execute/vendored.py run": "hands on to unpack()",
    "execute/wheel.py write": "writes RECORD",
    "rights.py _become": "SUDO_UID, which sudo sets",
    "system.py System.run": "decodes, no more",
    "vendor/archive.py write": "decodes what it has just encoded",
    "vendor/itself.py script": "ships with mxbuild",
    "vendor/itself.py described": "what mxbuild says of itself",
    "version.py _git": "one line, which a pattern takes apart",
}
"""What has a mark and takes no foreign text apart by itself -> why it does not."""


@pytest.mark.parametrize("target", TARGETS, ids=lambda target: target.name)
def test_nothing_but_our_own_errors_and_in_time(target: Target) -> None:
    """The same cases each time; the long run has others."""
    done = run(target, cases=300, seconds=0.1, seed=0)
    assert done.cases >= len(target.seeds + target.found)


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow], derandomize=True)
@given(st.sampled_from(TARGETS), st.one_of(st.binary(max_size=200), st.text(max_size=200).map(str.encode)))
def test_whatever_it_is(target: Target, data: bytes) -> None:
    """Nothing like what it should be."""
    attempt(target, data)


def test_each_target_takes_what_is_right() -> None:
    """A target that refuses its own seeds tries nothing."""
    refusing = {t.name for t in TARGETS if not any(attempt(t, seed) for seed in t.seeds)}
    complaining = {t.name for t in TARGETS if t.name.endswith("complaint")}  # they are about refusals
    assert refusing - complaining == set()


def marked() -> Iterator[tuple[str, int]]:
    """Functions that take text apart: `room/module.py Class.function`, and the line of their definition."""
    for file in sorted(PACKAGE.rglob("*.py")):
        name = str(file.relative_to(PACKAGE))
        if not name.startswith(APART):
            yield from _marked(ast.parse(file.read_text()), name, "")


def _marked(node: ast.AST, file: str, inside: str) -> Iterator[tuple[str, int]]:
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.ClassDef | ast.FunctionDef):
            name = f"{inside}.{child.name}".lstrip(".")
            if isinstance(child, ast.FunctionDef) and MARKS & set(_words(child)):
                line = min([child.lineno, *(d.lineno for d in child.decorator_list)])
                yield f"{file} {name}", line
            yield from _marked(child, file, name)
        else:
            yield from _marked(child, file, inside)


def _words(node: ast.AST) -> Iterator[str]:
    """Names and attributes in a function, but not in those that are defined in it."""
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.Attribute):
            yield child.attr
        elif isinstance(child, ast.Name):
            yield child.id
        if not isinstance(child, ast.FunctionDef | ast.ClassDef):
            yield from _words(child)


def test_every_parser_has_a_target() -> None:
    """A new function that takes text apart fails here until a target reaches it, or it is said why none has to."""
    reached: set[tuple[str, int]] = set()

    def seen(frame: FrameType, event: str, _: object) -> None:
        if event == "call":
            reached.add((frame.f_code.co_filename, frame.f_code.co_firstlineno))

    for module in [module for name, module in sys.modules.items() if name.startswith("mxbuild.")]:
        for member in list(vars(module).values()):
            if hasattr(member, "cache_clear"):  # what is remembered from another test is not taken apart again
                member.cache_clear()
    for target in TARGETS:
        for seed in target.seeds:
            sys.setprofile(seen)
            try:
                target.run(seed)
            except target.allowed:
                pass
            finally:
                sys.setprofile(None)
    wanted = dict(marked())
    there = {name for name, line in wanted.items() if (str(PACKAGE / name.split(" ")[0]), line) in reached}
    assert wanted.keys() - there - NOT_FOREIGN.keys() == set(), "no target reaches these"
    assert NOT_FOREIGN.keys() - wanted.keys() == set(), "these are gone"
