"""A convolution is computed by oneDNN: the library says so itself, where its own variable asks it to.

MKLDNN_VERBOSE up to 1.0, DNNL_VERBOSE after it; each line is mkldnn_verbose,exec,convolution,... or, later,
dnnl_verbose,exec,cpu,convolution,...; it is written by a process of its own, whose output is whole when it has ended.
"""

import importlib
import os
import subprocess
import sys

CONVOLVE = "convolve"
WORDS = ("mkldnn_verbose", "dnnl_verbose", "onednn_verbose")


def convolve(mx):
    """Four by four outputs of one 3x3 kernel of ones over ones: each is nine."""
    data, weight, bias = mx.nd.ones((1, 1, 6, 6)), mx.nd.ones((1, 1, 3, 3)), mx.nd.zeros((1,))
    seen = mx.nd.Convolution(data, weight, bias, kernel=(3, 3), num_filter=1).asnumpy()
    if seen.shape != (1, 1, 4, 4) or (seen != 9).any():
        sys.exit("a convolution of ones with a 3x3 kernel of ones is %s" % seen.tolist())


if sys.argv[2:] == [CONVOLVE]:
    convolve(importlib.import_module(sys.argv[1]))
    sys.exit()
mx = importlib.import_module(sys.argv[1])
if hasattr(mx, "runtime") and not mx.runtime.Features().is_enabled("MKLDNN"):
    sys.exit("mx.runtime.Features() says that MKLDNN is off")
environment = dict(os.environ, MKLDNN_VERBOSE="1", DNNL_VERBOSE="1")
command = [sys.executable, "-I", os.path.abspath(__file__), sys.argv[1], CONVOLVE]
said = subprocess.check_output(command, env=environment).decode("utf-8", "replace").splitlines()
runs = [line.split(",") for line in said if line.startswith(WORDS)]
convolutions = [words for words in runs if "exec" in words[1:2] and "convolution" in words[2:4]]
if not convolutions:
    sys.exit("oneDNN executed no convolution; it said %s" % (runs or "nothing"))
print("convolution by oneDNN (%s)" % ",".join(convolutions[0][2:5]))
