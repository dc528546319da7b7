"""The gradient of a small network is the numeric one: mx.test_utils.check_numeric_gradient."""

import importlib
import sys

import numpy as np

mx = importlib.import_module(sys.argv[1])
test_utils = importlib.import_module(sys.argv[1] + ".test_utils")
rng = np.random.RandomState(0)
data, weight, bias = (mx.sym.Variable(name) for name in ("data", "weight", "bias"))
net = mx.sym.FullyConnected(data=data, weight=weight, bias=bias, num_hidden=3, name="fc")
net = mx.sym.Activation(data=net, act_type="tanh", name="tanh")
where = {"data": rng.rand(2, 4), "weight": rng.rand(3, 4), "bias": rng.rand(3)}
test_utils.check_numeric_gradient(net, where, numeric_eps=1e-2, rtol=5e-2, atol=1e-2)
print("FullyConnected and tanh: data, weight and bias agree")
