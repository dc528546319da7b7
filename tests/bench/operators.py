"""The speed of two built MXNets, operator by operator, and how far their numbers are apart.

    python -m tests.bench.operators OURS THEIRS [--rounds 5]

OURS and THEIRS are interpreters that have an MXNet: an environment's bin/python, one with upstream's wheel from PyPI.
Each round starts one process of each, now this one first, now that one; a process runs every operator until a quarter
of a second has passed, at least three times, and takes the fastest. The ratio is ours to theirs, of each round. The
numbers' largest difference is in parts of the largest number; upstream's tests allow 1e-5 of each
(mxnet/test_utils.py). Both keep freed memory: otherwise a result of some megabytes, which is all new pages or all old
ones as the heap's end happens to lie, makes pooling now 1.1, now 1.6 of the other.

Images are of both signs, as what comes out of a layer is: a jump that is always foretold rightly hides in positive
numbers. relu's did (recipes/base/mxnet.toml, activations-without-jumps), by a factor of ten; upstream's wheel has such
jumps in leaky relu, clip and sign. Where an operator is slower, look at its loop first.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from statistics import median

from rich.console import Console
from rich.table import Table

KEEPING = {"MALLOC_TRIM_THRESHOLD_": str(1 << 30), "MALLOC_MMAP_THRESHOLD_": str(32 << 20)}
"""glibc's malloc gives nothing back, and asks for no pages of its own up to the largest size that it takes there."""

PROGRAM = """
import sys, time
import numpy as np
import mxnet as mx

random = np.random.RandomState(7)
def array(*shape):
    return mx.nd.array(random.uniform(0.5, 1.5, shape))
a, b = array(1024, 1024), array(1024, 1024)
images = mx.nd.array(random.normal(size=(8, 64, 56, 56)))
kernel, bias = array(64, 64, 3, 3), array(64)
wide, row = array(2000, 2000), array(1, 2000)
gamma, beta, mean, var = array(64), array(64), array(64), array(64)
weight = array(1000, 1024)
OPERATORS = {
    "dot 1024x1024": lambda: mx.nd.dot(a, b),
    "fully connected": lambda: mx.nd.FullyConnected(a, weight, num_hidden=1000, no_bias=True),
    "convolution 3x3": lambda: mx.nd.Convolution(images, kernel, bias, kernel=(3, 3), pad=(1, 1), num_filter=64),
    "pooling max 2x2": lambda: mx.nd.Pooling(images, kernel=(2, 2), stride=(2, 2), pool_type="max"),
    "batch norm": lambda: mx.nd.BatchNorm(images, gamma, beta, mean, var, use_global_stats=True),
    "relu": lambda: mx.nd.Activation(images, act_type="relu"),
    "leaky relu": lambda: mx.nd.LeakyReLU(images, act_type="leaky"),
    "exp": lambda: mx.nd.exp(wide),
    "tanh": lambda: mx.nd.tanh(wide),
    "sum of rows": lambda: mx.nd.sum(wide, axis=1),
    "softmax": lambda: mx.nd.softmax(wide, axis=1),
    "broadcast add": lambda: mx.nd.broadcast_add(wide, row),
    "transpose": lambda: mx.nd.transpose(wide),
}
results, times = {}, {}
for name, operator in OPERATORS.items():
    out = operator()
    out.wait_to_read()
    taken, began = [], time.perf_counter()
    while len(taken) < 3 or time.perf_counter() - began < 0.25:
        start = time.perf_counter()
        operator().wait_to_read()
        taken.append(time.perf_counter() - start)
    times[name], results[name] = min(taken), out.asnumpy()
np.savez(sys.argv[1], **{f"time {k}": v for k, v in times.items()}, **{f"out {k}": v for k, v in results.items()})
"""


def run(python: str, file: str, environ: dict[str, str]) -> None:
    subprocess.run([python, "-W", "ignore", "-c", PROGRAM, file], env=environ, check=True, stdin=subprocess.DEVNULL)


COMPARE = """
import json, sys
import numpy as np
a, b = np.load(sys.argv[1]), np.load(sys.argv[2])
names = [k[5:] for k in a.files if k.startswith("time ")]
print(json.dumps({n: [float(a["time " + n]), float(b["time " + n]), float(
    np.max(np.abs(a["out " + n] - b["out " + n])) / np.max(np.abs(b["out " + n])))] for n in names}))
"""


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("ours")
    parser.add_argument("theirs")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--library-path", default="", help="LD_LIBRARY_PATH of THEIRS, for what its wheel lacks")
    options = parser.parse_args()
    seen: dict[str, list[tuple[float, float, float]]] = {}
    with tempfile.TemporaryDirectory() as directory:
        for turn in range(options.rounds):
            ours = os.environ | KEEPING
            theirs = ours | {"LD_LIBRARY_PATH": options.library_path}
            sides = [
                (options.ours, f"{directory}/ours.npz", ours),
                (options.theirs, f"{directory}/theirs.npz", theirs),
            ]
            for side in sides if turn % 2 == 0 else reversed(sides):
                run(*side)
            files = [f"{directory}/ours.npz", f"{directory}/theirs.npz"]
            said = subprocess.run([options.ours, "-c", COMPARE, *files], check=True, stdout=subprocess.PIPE).stdout
            for name, row in json.loads(said).items():
                seen.setdefault(name, []).append(tuple(row))
    cores = len(os.sched_getaffinity(0))
    table = Table(title=f"{cores} cores, {options.rounds} rounds; milliseconds are medians", title_justify="left")
    for head in ("operator", "ours", "theirs", "ratio: min", "median", "max", "apart"):
        table.add_column(head, justify="left" if head == "operator" else "right")
    for name, rows in seen.items():
        ratios, apart = [ours / theirs for ours, theirs, _ in rows], max(row[2] for row in rows)
        table.add_row(
            name, *(f"{1000 * median(row[side] for row in rows):.2f}" for side in (0, 1)),
            *(f"{value:.2f}" for value in (min(ratios), median(ratios), max(ratios))), f"{apart:.0e}",
        )  # fmt: skip
    Console(width=None if sys.stdout.isatty() else 100).print(table)
    Console(width=None if sys.stdout.isatty() else 100).print(f"ours: {Path(options.ours)}\ntheirs: {options.theirs}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
