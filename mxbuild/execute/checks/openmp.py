"""OpenMP is at work: after the same work a process has more threads with OMP_NUM_THREADS=3 than with 1.

Counted, not timed: a machine with one core has to pass too. That a runtime is loaded would prove nothing, OpenCV
and OpenBLAS may have brought it.
"""

import importlib
import os
import subprocess
import sys

COUNT = "count"


def count(mx):
    """Threads of this process after elementwise work on an array that is large enough to be shared out."""
    a = mx.nd.ones((1 << 20,))
    for _ in range(3):
        a = mx.nd.exp(a * 0.5)
    a.asnumpy()
    return len(os.listdir("/proc/self/task"))


def begun(wanted):
    """A process that counts its own, in which nothing but OpenMP depends on `wanted`.

    From 1.0 on MXNet times its operators at start, and shares none out where that seems slower: with three threads on
    two cores it may be. 0: share out always (src/operator/operator_tune-inl.h of 1.1.0, line 445).
    """
    environment = dict(os.environ, OMP_NUM_THREADS=str(wanted), OPENBLAS_NUM_THREADS="1", MXNET_USE_OPERATOR_TUNING="0")
    command = [sys.executable, "-I", os.path.abspath(__file__), sys.argv[1], COUNT]
    return subprocess.Popen(command, env=environment, stdout=subprocess.PIPE)


if sys.argv[2:] == [COUNT]:
    print(count(importlib.import_module(sys.argv[1])))
    sys.exit()
processes = [begun(1), begun(3)]
said = [process.communicate()[0] for process in processes]
if any(process.returncode for process in processes):
    sys.exit("counting threads ended with status %s" % [process.returncode for process in processes])
one, three = (int(text.decode().split()[-1]) for text in said)
if three <= one:
    sys.exit("%d threads with OMP_NUM_THREADS=3, %d with 1" % (three, one))
print("%d threads with OMP_NUM_THREADS=3, %d with 1" % (three, one))
