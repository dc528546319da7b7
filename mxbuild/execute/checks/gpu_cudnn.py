"""The cuDNN that is loaded is the one that was asked for (argv[4]), by its own word."""

import ctypes
import importlib
import os
import sys

mx = importlib.import_module(sys.argv[1])
wanted = sys.argv[4]
with open("/proc/self/maps") as maps:
    files = {line.split(None, 5)[5].strip() for line in maps if len(line.split(None, 5)) == 6}
loaded = sorted(f for f in files if os.path.basename(f).startswith("libcudnn.so"))
if len(loaded) != 1:
    sys.exit("loaded: %s, but one libcudnn is expected" % (", ".join(loaded) or "no libcudnn"))
library = ctypes.CDLL(loaded[0])
library.cudnnGetVersion.restype = ctypes.c_size_t
number = library.cudnnGetVersion()
# 7605 is 7.6.5, 90100 is 9.1.0.
unit = 10000 if number >= 90000 else 1000
version = "%d.%d.%d" % (number // unit, number % unit // 100, number % 100)
count = min(3, len(wanted.split(".")))
if version.split(".")[:count] != wanted.split(".")[:count]:
    sys.exit("cuDNN %s is loaded (%s), but %s was asked for" % (version, loaded[0], wanted))
print("cuDNN %s from %s" % (version, loaded[0]))
