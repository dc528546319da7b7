"""A rule of all releases about what gcc makes of upstream's activation, with every gcc that this machine has."""

import re
import shutil
import subprocess
from pathlib import Path

import pytest

from mxbuild.recipe.match import version_matches
from tests.machines import recipe

RELU = """
struct relu { template<typename T> static T Map(T a) { return a > T(0) ? a : T(0); } };
void forward(float* out, const float* in, int rows, unsigned columns, unsigned stride) {
  #pragma omp parallel for
  for (int y = 0; y < rows; ++y)
    for (unsigned x = 0; x < columns; ++x) out[y * stride + x] = relu::Map(in[y * stride + x]);
}
"""
"""As mshadow's MapPlan calls it (mshadow/tensor_cpu-inl.h)."""

FLAGS = ("-std=c++11", "-O3", "-funroll-loops", "-msse3", "-fPIC", "-fopenmp")
"""Of upstream's Makefile."""

RULE = next(rule for rule in recipe("mxnet-0.12.1").compat if rule.id == "relu-without-jumps")
COMPILERS = [path for n in range(9, 20) if (path := shutil.which(f"g++-{n}"))]


def jumps(compiler: str, directory: Path, *flags: str) -> int:
    """Comparisons of numbers that end in a jump, in machine code."""
    (directory / "relu.cc").write_text(RELU)
    done = subprocess.run(
        [compiler, *FLAGS, *flags, "-S", "-o-", "relu.cc"], cwd=directory, capture_output=True, text=True, check=True
    )
    return len(re.findall(r"\bv?u?comiss\b", done.stdout))


@pytest.mark.skipif(not COMPILERS, reason="no g++-N here")
@pytest.mark.parametrize("compiler", COMPILERS, ids=[Path(path).name for path in COMPILERS])
def test_relu_has_no_jump_in_it_with_the_rules_flags_and_the_rule_is_for_those_that_need_it(
    compiler: str, tmp_path: Path
) -> None:
    version = subprocess.run([compiler, "-dumpfullversion"], capture_output=True, text=True, check=True).stdout.strip()
    applies = version_matches("gcc", version, str(RULE.when["gcc"])).ok
    assert jumps(compiler, tmp_path, *(RULE.cflags if applies else ())) == 0
    assert bool(jumps(compiler, tmp_path)) == applies
