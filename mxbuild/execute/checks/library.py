"""The library that is loaded is the environment's own (argv[3]), and one OpenMP runtime is loaded at most."""

import importlib
import os
import sys

mx = importlib.import_module(sys.argv[1])
mx.nd.ones((2, 2)).asnumpy()  # what is loaded only on use is loaded now
with open("/proc/self/maps") as maps:
    files = {line.split(None, 5)[5].strip() for line in maps if len(line.split(None, 5)) == 6}
loaded = sorted(f for f in files if os.path.basename(f).startswith("libmxnet"))
wanted = os.path.realpath(sys.argv[3])
if [os.path.realpath(f) for f in loaded] != [wanted]:
    sys.exit("loaded: %s, but the environment has %s" % (", ".join(loaded) or "none", wanted))
# numpy brings no OpenMP of its own; another runtime beside the library's hangs or crashes (apache/mxnet#11417).
runtimes = sorted(f for f in files if os.path.basename(f).startswith(("libgomp", "libomp", "libiomp")))
if len(runtimes) > 1:
    sys.exit("more than one OpenMP runtime is loaded: %s" % ", ".join(runtimes))
print(wanted)
