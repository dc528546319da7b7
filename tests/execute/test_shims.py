"""Modules of ours in front of a Python package: as the wheel has them, and at work under every interpreter here."""

import os
import zipfile
from pathlib import Path

import msgspec
import pytest

from mxbuild.errors import BuildError, SourceError
from mxbuild.execute import shims, wheel
from mxbuild.model import PackWheel, Substitution
from mxbuild.resolve.shims import files_of
from tests.execute.pythons import context, interpreters, packed, run

ALL = ("numpy-names", "numpy-scalars", "distutils-version", "yield-in-comprehension")

NUMPY = """
import builtins
__version__ = "9.0"
float32 = "its own float32"
class generic:
    def __init__(self, value): self.value = value
    def item(self): return self.value
    def __repr__(self): return "np.int64(%r)" % self.value
int64 = generic
class uint8: pass
def prod(a): return "prod of %s" % a
def all(a): return builtins.all(a)
inf, nan = float("inf"), float("nan")
def fromstring(*args, **kwargs): raise ValueError("the binary mode is gone")
class frombuffer:
    def __init__(self, data, dtype, count): self.data, self.dtype, self.count = data, dtype, count
    def copy(self): return bytearray(self.data)
"""
"""A numpy as there may be one: without the names of old, and with numbers that say where they come from."""

PACKAGE = {
    "__init__.py": '"""A package."""\nfrom __future__ import absolute_import\n\nfrom . import old\n',
    "old.py": """
import sys
import numpy as np
import numpy
from numpy import alltrue
from distutils.version import LooseVersion, StrictVersion
from . import loader
from ._ctypes import ndarray

assert np.bool is bool and np.int is int and np.object is object
assert np.NINF == -np.Inf and np.PZERO == 0 and np.float32 == "its own float32"
assert np.product(3) == "prod of 3" and alltrue([True]) and numpy is np
assert np.fromstring(b"ab", np.uint8) == bytearray(b"ab")
assert LooseVersion("1.10") > LooseVersion("1.9") and StrictVersion("1.10") > "1.9"
assert ("distutils" in sys.modules) == (sys.version_info < (3, 12))
try:
    np.no_such_name
except AttributeError as error:
    assert "no_such_name" in str(error)
else:
    raise AssertionError
""",
    "loader.py": "class Loader:\n    def __iter__(self):\n"
    "        batches = lambda: [(yield 2 * n)\n                           for n in (1, 2)]\n        return batches()\n",
    "_ctypes/__init__.py": "",
    "_ctypes/ndarray.py": "def text(value):\n    assert isinstance('a', str) and not isinstance(1, str)\n"
    "    return str(value)\n",
}


def written(directory: Path, *names: str) -> PackWheel:
    """A wheel of PACKAGE with these shims."""
    step = packed(directory, "old", "1.0")
    for name, text in PACKAGE.items():
        path = Path(step.tree, "old", name)
        path.parent.mkdir(exist_ok=True)
        path.write_text(text)
    step = msgspec.structs.replace(step, shims=files_of(names))
    wheel.run(step, context())
    return step


def placed(directory: Path, *names: str) -> Path:
    """The wheel's files where Python finds them, beside NUMPY."""
    place = directory / "place"
    with zipfile.ZipFile(written(directory, *names).wheel) as archive:
        archive.extractall(place)
    (place / "numpy.py").write_text(NUMPY)
    return place


@pytest.mark.parametrize("minor", sorted(interpreters()))
def test_the_package_gets_what_it_was_written_for_and_nobody_else_does(tmp_path: Path, minor: str) -> None:
    place = placed(tmp_path, *ALL)
    said = run(interpreters()[minor], "-IBc", f"""
import sys
sys.path.insert(0, {str(place)!r})
sys.modules["setuptools"] = None
import old, numpy
from old.loader import Loader
from old._ctypes.ndarray import text
assert list(Loader()) == [2, 4]
assert text((4, numpy.int64(36))) == "(4, 36)" and text([numpy.int64(1), (2,), "a"]) == "[1, (2,), 'a']"
assert text(()) == "()" and text((1,)) == "(1,)" and text(3) == "3" and text(None) == "None"
assert not hasattr(numpy, "bool") and not hasattr(numpy, "product") and type(numpy) is type(sys)
assert sys.modules["numpy"] is numpy and numpy.__dict__["__builtins__"]["__import__"] is __import__
import builtins, types
assert types.ModuleType is type(numpy) and not hasattr(builtins, "text")
print("whole")
""")  # fmt: skip
    assert said == "whole\n"


def test_what_is_there_is_not_replaced(tmp_path: Path) -> None:
    place = placed(tmp_path, *ALL)
    (place / "numpy.py").write_text(NUMPY + "\nbool = product = 'its own'\n")
    (place / "distutils.py").write_text("")
    (place / "old" / "old.py").write_text(
        "import numpy\nassert numpy.bool == numpy.product == 'its own'\nimport distutils\n"
    )
    run(next(iter(interpreters().values())), "-IBc", f"""
import sys
sys.path.insert(0, {str(place)!r})
import old, distutils
assert old.old.distutils is distutils and old.old.numpy.int is int
""")  # fmt: skip


@pytest.mark.parametrize(("given", "same"), [("1.2", "1.2.0"), ("1.2a1", "1.2.0a1")])
def test_strict_versions_are_distutils_own(tmp_path: Path, given: str, same: str) -> None:
    place = placed(tmp_path, "distutils-version")
    run(next(iter(interpreters().values())), "-IBc", f"""
import sys
sys.path.insert(0, {str(place / "old" / "_mxbuild")!r})
from distutils_version import LooseVersion as L, StrictVersion as S
assert S({given!r}) == S({same!r}) and S("1.10") > S("1.9.3") > "1.9"
assert S("1.2a1") < S("1.2a2") < S("1.2b1") < S("1.2")
assert L("1.17") <= L("1.17.0") < L("1.26.4") < L("2.0.0rc1") and str(L("1.2")) == "1.2"
for wrong in ("1", "1.2.3.4", "1.2rc1"):
    try:
        S(wrong)
    except ValueError:
        continue
    raise AssertionError(wrong)
""")  # fmt: skip


def test_only_what_is_named_goes_into_the_wheel_and_the_tree_stays_as_it_is(tmp_path: Path) -> None:
    step = written(tmp_path, "numpy-names")
    with zipfile.ZipFile(step.wheel) as archive:
        inside = {n for n in archive.namelist() if "_mxbuild/" in n}
        first = archive.read("old/__init__.py").decode()
        record = archive.read("old-1.0.dist-info/RECORD").decode()
    assert inside == {"old/_mxbuild/__init__.py", "old/_mxbuild/numpy_names.py"}
    assert first.splitlines() == [
        '"""A package."""', "from __future__ import absolute_import", "from . import _mxbuild", "", "from . import old",
    ]  # fmt: skip
    assert all(f"{name},sha256=" in record for name in inside)
    assert Path(step.tree, "old/__init__.py").read_text() == PACKAGE["__init__.py"]
    assert not Path(step.tree, "old/_mxbuild").exists()


def test_without_shims_the_wheel_has_the_trees_files(tmp_path: Path) -> None:
    with zipfile.ZipFile(written(tmp_path).wheel) as archive:
        assert not any("_mxbuild" in name for name in archive.namelist())
        assert archive.read("old/__init__.py").decode() == PACKAGE["__init__.py"]


@pytest.mark.parametrize(
    ("text", "line"), [("import a\n", 1), ('"""Doc\nstring."""\nimport a\n', 3), ("# comment\n\nx = 1", 1), ("", 1)]
)
def test_ours_is_the_first_import(text: str, line: int) -> None:
    assert (
        shims.in_front(text.encode(), "x", ("from . import _mxbuild",)).decode().splitlines()[line - 1]
        == "from . import _mxbuild"
    )


def test_a_first_module_that_is_no_python_is_refused() -> None:
    with pytest.raises(BuildError, match="is no Python"):
        shims.in_front(b"print 1\n", "old/__init__.py", ())


def test_a_shim_that_was_changed_after_the_plan_is_not_packed(tmp_path: Path) -> None:
    step = msgspec.structs.replace(packed(tmp_path, "old", "1.0"), shims={"__init__.py": "0" * 64})
    with pytest.raises(BuildError, match=r"__init__\.py is another one now"):
        wheel.run(step, context())


def test_names_are_replaced_in_the_wheels_copy_alone(tmp_path: Path) -> None:
    step = written(tmp_path)
    rows = (Substitution(file="old/loader.py", old="batches", new="generator", count=2),)
    wheel.run(msgspec.structs.replace(step, substitutions=rows), context())
    with zipfile.ZipFile(step.wheel) as archive:
        assert archive.read("old/loader.py").decode() == PACKAGE["loader.py"].replace("batches", "generator")
    assert Path(step.tree, "old/loader.py").read_text() == PACKAGE["loader.py"]
    other = (msgspec.structs.replace(rows[0], count=3),)
    before = os.stat(step.wheel).st_mtime_ns
    with pytest.raises(SourceError, match="has batches 2 times, not 3"):
        wheel.run(msgspec.structs.replace(step, substitutions=other), context())
    assert os.stat(step.wheel).st_mtime_ns == before
