"""A custom Softmax operator between arrays on the GPU gives numpy's values forward and backward."""

import importlib
import os
import runpy
import sys

mx = importlib.import_module(sys.argv[1])
beside = runpy.run_path(os.path.join(os.path.dirname(os.path.abspath(__file__)), "softmax_operator.py"))
beside["compare"](mx, mx.gpu())
print("forward and backward on %s are numpy's" % mx.gpu())
