"""The package imports, from this environment, and its library computes."""

import importlib
import os
import sys

mx, np = importlib.import_module(sys.argv[1]), importlib.import_module("numpy")
place = os.path.realpath(os.path.dirname(mx.__file__))
if not place.startswith(os.path.realpath(sys.prefix) + os.sep):
    sys.exit("imported from %s, which is not below %s" % (place, sys.prefix))
seen = (mx.nd.array(np.arange(6).reshape(2, 3)) + 1).asnumpy()
if seen.tolist() != [[1, 2, 3], [4, 5, 6]]:
    sys.exit("0 to 5 plus 1 is %s" % seen.tolist())
print("Python %s, numpy %s" % (sys.version.split()[0], np.__version__))
