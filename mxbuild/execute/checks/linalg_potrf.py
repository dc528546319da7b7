"""A Cholesky factor, which LAPACK computes, multiplies back to its matrix."""

import importlib
import sys

import numpy as np

mx = importlib.import_module(sys.argv[1])
potrf = getattr(mx.nd, "linalg_potrf", None) or mx.nd.linalg.potrf
a = np.random.RandomState(0).rand(8, 8).astype("float32")
a = a.dot(a.T) + 8 * np.eye(8, dtype="float32")
factor = potrf(mx.nd.array(a)).asnumpy()
worst = abs(factor.dot(factor.T) - a).max()
if not worst < 1e-3:
    sys.exit("the factor times its transpose differs from the matrix by %g" % worst)
print("8x8: within %.0e" % max(worst, 1e-7))
