"""Interpreters that run the tests, and what is installed for them."""

import os
import sys
from pathlib import Path

import pytest

from mxbuild.errors import UsageError
from mxbuild.execute.upstream.interpreter import handed_on, interpreter
from mxbuild.execute.upstream.packages import pins
from mxbuild.recipe.table import Requirements
from mxbuild.recipe.upstream import UpstreamTests


def modules(tmp_path: Path, mxnet: str = "") -> dict[str, str]:
    """Variables that lead an interpreter to a NumPy and an MXNet which are nothing but names."""
    (tmp_path / "numpy.py").write_text('__version__ = "1.23.5"\n')
    (tmp_path / "mxnet.py").write_text(f'print("loading")\n{mxnet}\n')
    return {"PYTHONPATH": str(tmp_path)}


def test_it_says_what_it_is(tmp_path: Path) -> None:
    found = interpreter(sys.executable, os.environ, modules(tmp_path))
    assert found.version == ".".join(map(str, sys.version_info[:3]))
    assert found.minor == f"{sys.version_info[0]}.{sys.version_info[1]}"
    assert (found.numpy, found.package) == ("1.23.5", str(tmp_path / "mxnet.py"))
    assert os.path.dirname(os.path.realpath(found.base)) == os.path.dirname(os.path.realpath(sys.executable))


def test_one_that_cannot_import_the_library_is_refused_with_the_librarys_own_words(tmp_path: Path) -> None:
    raising = modules(tmp_path, 'raise OSError("libgfortran.so.3: cannot open shared object file")')
    with pytest.raises(UsageError, match="MXNet cannot be imported") as caught:
        interpreter(sys.executable, os.environ, raising)
    assert caught.value.details == ("OSError: libgfortran.so.3: cannot open shared object file",)
    with pytest.raises(UsageError, match="cannot be started"):
        interpreter(str(tmp_path / "python"), os.environ, {})


def test_a_reference_finds_its_libraries_and_no_other_modules() -> None:
    environ = {"LD_LIBRARY_PATH": "/gfortran", "MXNET_ENGINE_TYPE": "NaiveEngine", "PYTHONPATH": "/x", "HOME": "/h"}
    assert handed_on(environ) == {"LD_LIBRARY_PATH": "/gfortran", "MXNET_ENGINE_TYPE": "NaiveEngine"}


def test_pins_are_those_of_the_interpreter() -> None:
    old, new = (Requirements(python=p, packages=(f"pytest=={v}",)) for p, v in (("<3.7", "7.0.1"), (">=3.7", "7.4.4")))
    tests = UpstreamTests(directory="tests", packages=(old, new))
    assert [pins(tests, version) for version in ("3.6.15", "3.11.7")] == [("pytest==7.0.1",), ("pytest==7.4.4",)]
    with pytest.raises(UsageError, match=r"Python 3\.6\.15"):
        pins(UpstreamTests(directory="tests", packages=(new,)), "3.6.15")
