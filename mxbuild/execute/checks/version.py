"""The package says the release that was asked for, and so does the library, where it can be asked."""

import ctypes
import importlib
import re
import sys

module, wanted, library = importlib.import_module(sys.argv[1]), sys.argv[2], ctypes.CDLL(sys.argv[3])
if module.__version__ != wanted:
    sys.exit("version %s, but %s was asked for" % (module.__version__, wanted))
parts = re.match(r"(\d+)\.(\d+)\.(\d+)$", wanted)
if not (parts and hasattr(library, "MXGetVersion")):
    print(wanted)
    sys.exit()
number = ctypes.c_int()
library.MXGetVersion(ctypes.byref(number))
if number.value != int("%d%02d%02d" % tuple(map(int, parts.groups()))):
    sys.exit("the library says version %d, but %s was asked for" % (number.value, wanted))
print("%s, and the library says %d" % (wanted, number.value))
