"""The shims in front of a real MXNet: PyPI's wheel of 1.9.1, which alone does not import with numpy 1.24."""

import hashlib
import os
import subprocess
from pathlib import Path

import msgspec
import platformdirs
import pytest

from mxbuild.execute import lock, shims
from mxbuild.model import PackWheel, Substitution
from mxbuild.recipe.load import load
from mxbuild.resolve.shims import files_of
from tests.execute.pythons import packed, published, run
from tests.machines import RECIPES

NUMPY = "numpy==2.2.6"

PROGRAM = """
import sys
sys.path[:0] = PLACES
import numpy, mxnet as mx
assert numpy.__version__ == "2.2.6", numpy.__version__
label = numpy.array([1, 2], "float32")
header, data = mx.recordio.unpack(mx.recordio.pack(mx.recordio.IRHeader(0, label, 7, 0), b"data"))
assert list(header.label) == [1, 2] and data == b"data"
assert mx.nd.random.uniform(shape=(2, numpy.prod((3, 1)))).shape == (2, 3)
weight = mx.nd.zeros((4, 3, 3))
mx.init.Orthogonal()("a_weight", weight)
assert abs(float(weight.norm().asscalar())) > 0
mx.test_utils.assert_almost_equal(mx.np.mean(mx.np.ones((2, 2))).asnumpy(), numpy.float32(1))
assert mx.np.PZERO == 0 and mx.np.NINF == -numpy.inf and not hasattr(numpy, "PZERO")
print("whole")
"""


def modern(python: str) -> Path:
    """NUMPY in a directory of its own: downloaded once, then kept in the user's cache."""
    key = hashlib.sha256(f"{NUMPY}\0{python}".encode()).hexdigest()[:12]
    place = Path(platformdirs.user_cache_dir("mxbuild-tests")) / f"numpy-{key}"
    with lock.held(f"{place}.lock", lambda holder: None):
        if not (place / "complete").exists():
            pip = [python, "-I", "-m", "pip", "install", "-q", "--no-deps", "--only-binary", ":all:", "--upgrade"]
            run(*pip, "--target", str(place), NUMPY)
            (place / "complete").touch()
    return place


def in_front(directory: Path, package: Path) -> Path:
    """A package like this one with all that the recipe of 1.9.1 names for it; its own files are links."""
    rules = load(RECIPES / "mxnet-1.9.1.toml").compat
    step = msgspec.structs.replace(
        packed(directory, "mxnet", "1.9.1"),
        tree=str(directory / "tree"),
        package="python/mxnet",
        shims=files_of(name for rule in rules for name in rule.shims),
        substitutions=tuple(
            Substitution(file=s.file, old=s.old, new=s.new, count=s.count)
            for rule in rules
            for s in rule.substitute
            if s.file.endswith(".py")
        ),
    )
    return written(step, package)


def written(step: PackWheel, package: Path) -> Path:
    top = Path(step.tree, step.package)
    top.mkdir(parents=True)
    for inner in package.iterdir():
        if inner.name != "__pycache__":
            (top / inner.name).symlink_to(inner)
    for name, content in shims.changed(step).items():
        path = Path(step.tree, name)
        path.unlink()
        path.write_bytes(content)
    for name, content in shims.modules(step):
        (top / name).parent.mkdir(exist_ok=True)
        (top / name).write_bytes(content)
    return top.parent


@pytest.mark.xdist_group("published")
def test_a_real_mxnet_imports_and_works_with_numpy_2(tmp_path: Path) -> None:
    environment = published()
    python = str(environment / "bin/python")
    numpy, package = modern(python), next(environment.glob("lib/python*/site-packages")) / "mxnet"
    bare = PROGRAM.replace("PLACES", repr([str(numpy)]))
    done = subprocess.run([python, "-IBWignore", "-c", bare], capture_output=True, text=True, check=False)
    assert "module 'numpy' has no attribute" in done.stderr or "was removed in the NumPy 2.0" in done.stderr
    places = [str(in_front(tmp_path, package)), str(numpy)]
    assert run(python, "-IBWignore", "-c", PROGRAM.replace("PLACES", repr(places))) == "whole\n"
    assert os.listdir(package).count("_mxbuild") == 0
