"""The OpenMP runtime is loaded and gives a team of threads."""

import ctypes
import importlib
import os
import sys

import numpy as np

mx = importlib.import_module(sys.argv[1])
(mx.nd.ones((256, 256)) * 2).asnumpy()
with open("/proc/self/maps") as maps:
    runtimes = sorted({line.split(None, 5)[5].strip() for line in maps if "/libgomp" in line or "/libomp" in line})
if not runtimes:
    sys.exit("no OpenMP runtime is loaded")
threads = ctypes.CDLL(runtimes[0]).omp_get_max_threads()
cores = len(os.sched_getaffinity(0))
if cores > 1 and threads < 2:
    sys.exit("%s gives %d thread on %d cores" % (runtimes[0], threads, cores))
total = mx.nd.sum(mx.nd.array(np.arange(10000, dtype="float32").reshape(100, 100)), axis=1).asnumpy()
if abs(total - np.arange(10000, dtype="float64").reshape(100, 100).sum(axis=1)).max() > 1:
    sys.exit("a parallel sum is wrong")
print("%s, %d threads" % (os.path.basename(runtimes[0]), threads))
