"""The maintainer's scanner: what it finds in a package, and that its table and our modules say the same."""

import ast
from pathlib import Path

import pytest

from mxbuild.recipe.load import load
from tests.execute.pythons import interpreters, run
from tests.machines import RECIPES
from tests.scan.__main__ import HERE, cure, gone, removed, scan
from tests.scan.uses import uses

TEXT = """
import numpy as onp
from collections import Mapping
import xml.etree.cElementTree as tree
if sys.version_info[0] == 2:
    import imp
def f(a):
    from distutils.version import LooseVersion
    return onp.bool, onp.bool_, a.tostring(), a.numpy.int, tree.parse, later.float, LooseVersion
from . import numpy as np
import numpy as later
x = np.int
"""


def test_names_are_found_by_the_import_that_brings_them() -> None:
    found = scan(iter([("a.py", TEXT)]))
    assert found == {
        ".tostring": ["a.py:9"],
        "collections.Mapping": ["a.py:3"],
        "distutils.version.LooseVersion": ["a.py:8"],
        "numpy.bool": ["a.py:9"],
        "numpy.float": ["a.py:9"],
        "xml.etree.cElementTree": ["a.py:4", "a.py:9"],
    }


def test_what_does_not_compile_is_found() -> None:
    text = "def f():\n    return lambda: [(yield n) for n in (1, 2)]\n"
    assert scan(iter([("b.py", text)])) == {"SyntaxError": ["b.py:2 ('yield' inside list comprehension)"]}


def test_a_name_of_another_package_is_none_of_numpys() -> None:
    assert [u.name for u in uses("from . import numpy as np\nnp.bool\n")] == [".bool"]
    assert gone("numpy.bool_", removed()) == ""
    assert gone("distutils.version.X", removed()) == "distutils"


@pytest.mark.parametrize(
    ("release", "name", "places", "rule"),
    [
        ("mxnet-1.9.1", "numpy.bool", ["python/mxnet/numpy/utils.py:37"], "numpy-names"),
        ("mxnet-1.9.1", "distutils.version.LooseVersion", [], "distutils-version"),
        ("mxnet-1.9.1", "distutils.dir_util.mkpath", [], ""),
        ("mxnet-1.9.1", ".tostring", ["python/mxnet/recordio.py:392"], "numpy-tobytes"),
        ("mxnet-1.9.1", ".tostring", ["python/mxnet/image.py:1"], ""),
        ("mxnet-1.2.1", "SyntaxError", [], "yield-in-comprehension"),
        ("mxnet-1.9.1", "imp", [], ""),
    ],
)
def test_a_cure_is_a_rule_of_the_recipe(release: str, name: str, places: list[str], rule: str) -> None:
    assert cure(load(RECIPES / f"{release}.toml"), name, places) == rule


@pytest.mark.parametrize("minor", sorted(interpreters()))
def test_the_table_says_of_this_python_what_it_says_itself(minor: str) -> None:
    from mxbuild.recipe.match import version_matches

    table = {n: g.removeprefix("python ") for n, g in removed().items() if g.startswith("python") and n[0] != "."}
    names = [n for n in table if n not in ("distutils", "imp") and n.count(".") < 2]
    program = (
        "import importlib\nfor n in %r:\n    try:\n        top, _, rest = n.partition('.')\n"
        "        m = importlib.import_module(top)\n        print(n, not rest or hasattr(m, rest))\n"
        "    except ImportError:\n        print(n, False)\n"
    )
    for line in run(interpreters()[minor], "-IBWignore", "-c", program % names).splitlines():
        name, there = line.split()
        assert version_matches("Python", minor, table[name]).ok == (there == "False"), name


def test_every_name_that_our_numpy_adds_is_in_the_table() -> None:
    source = Path(HERE.parents[1] / "mxbuild/data/shims/numpy_names.py").read_text()
    named = [(n.targets[0], n.value) for n in ast.parse(source).body if isinstance(n, ast.Assign)]
    tables = [ast.literal_eval(v) for t, v in named if isinstance(t, ast.Name) and t.id in ("SAME", "FINANCIAL")]
    names = {f"numpy.{name}" for table in tables for name in table}
    assert len(names) > 20
    assert names <= removed().keys()
