"""A matrix product is numpy's."""

import importlib
import sys

import numpy as np

mx = importlib.import_module(sys.argv[1])
rng = np.random.RandomState(0)
a, b = rng.rand(65, 33).astype("float32"), rng.rand(33, 17).astype("float32")
worst = abs(mx.nd.dot(mx.nd.array(a), mx.nd.array(b)).asnumpy() - a.dot(b)).max()
if not worst < 1e-4:
    sys.exit("mx.nd.dot differs from numpy by %g" % worst)
print("65x33 by 33x17: within %.0e of numpy" % max(worst, 1e-7))
