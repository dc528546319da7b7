"""A custom Softmax operator gives numpy's values forward and backward."""

import importlib
import os
import sys

import numpy as np

mx = importlib.import_module(sys.argv[1])
sys.path.append(os.path.dirname(os.path.abspath(__file__)))  # python -I leaves it out
importlib.import_module("softmax_operator").register(mx)
x = np.random.RandomState(0).randn(6, 4).astype("float32")
label = np.array([0, 1, 2, 3, 0, 1], dtype="float32")
net = mx.sym.Custom(
    data=mx.sym.Variable("data"), label=mx.sym.Variable("label"), op_type="mxbuild_softmax", name="softmax"
)
executor = net.simple_bind(mx.cpu(), data=x.shape, label=label.shape)
executor.arg_dict["data"][:] = x
executor.arg_dict["label"][:] = label
output = executor.forward(is_train=True)[0].asnumpy()
executor.backward()
gradient = executor.grad_dict["data"].asnumpy()
wanted = np.exp(x - x.max(axis=1, keepdims=True))
wanted /= wanted.sum(axis=1, keepdims=True)
if abs(output - wanted).max() > 1e-5:
    sys.exit("forward differs from numpy by %g" % abs(output - wanted).max())
wanted[np.arange(6), label.astype(int)] -= 1
if abs(gradient - wanted).max() > 1e-5:
    sys.exit("backward differs from numpy by %g" % abs(gradient - wanted).max())
print("forward and backward are numpy's")
