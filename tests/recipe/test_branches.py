"""A rule of all releases about what gcc makes of upstream's activations, with every gcc that this machine has."""

import re
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.machines import recipe

ACTIVATIONS = """
struct relu { template<typename T> static T Map(T a) { return a > T(0) ? a : T(0); } };
struct xelu { template<typename T> static T Map(T a, T b) { return a > T(0) ? a : T(a * b); } };
void forward(float* out, const float* in, int rows, unsigned columns, unsigned stride, float slope) {
  #pragma omp parallel for
  for (int y = 0; y < rows; ++y)
    for (unsigned x = 0; x < columns; ++x) out[y * stride + x] = OPERATOR;
}
"""
"""As mshadow's MapPlan calls them (mshadow/tensor_cpu-inl.h)."""

OPERATORS = {"relu": "relu::Map(in[y * stride + x])", "leaky relu": "xelu::Map(in[y * stride + x], slope)"}

FLAGS = ("-std=c++11", "-O3", "-funroll-loops", "-msse3", "-fPIC", "-fopenmp")
"""Of upstream's Makefile."""

RULE = next(rule for rule in recipe("mxnet-0.12.1").compat if rule.id == "activations-without-jumps")
COMPILERS = [path for n in range(9, 20) if (path := shutil.which(f"g++-{n}"))]


def jumps(compiler: str, directory: Path, operator: str, *flags: str) -> int:
    """Comparisons of numbers that end in a jump, in machine code."""
    (directory / "loop.cc").write_text(ACTIVATIONS.replace("OPERATOR", OPERATORS[operator]))
    command = [compiler, *FLAGS, *flags, "-S", "-o-", "loop.cc"]
    done = subprocess.run(command, cwd=directory, capture_output=True, text=True, check=True)
    return len(re.findall(r"\bv?u?comiss\b", done.stdout))


@pytest.mark.skipif(not COMPILERS, reason="no g++-N here")
@pytest.mark.parametrize("compiler", COMPILERS, ids=[Path(path).name for path in COMPILERS])
def test_no_number_is_a_jump_with_the_rules_flags_and_without_them_one_is(compiler: str, tmp_path: Path) -> None:
    assert {operator: jumps(compiler, tmp_path, operator, *RULE.cflags) for operator in OPERATORS} == {
        "relu": 0,
        "leaky relu": 0,
    }
    assert jumps(compiler, tmp_path, "leaky relu") > 0
