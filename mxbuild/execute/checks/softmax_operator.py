"""Softmax with its loss' gradient as a custom operator, registered from Python; three checks use it."""

import gc
import sys

import numpy as np


def register(mx):
    """Make `Custom(op_type="mxbuild_softmax")` known."""

    class Softmax(mx.operator.CustomOp):
        def forward(self, is_train, req, in_data, out_data, aux):
            x = in_data[0].asnumpy()
            y = np.exp(x - x.max(axis=1).reshape((x.shape[0], 1)))
            y /= y.sum(axis=1).reshape((x.shape[0], 1))
            self.assign(out_data[0], req[0], mx.nd.array(y))

        def backward(self, req, out_grad, in_data, out_data, in_grad, aux):
            label = in_data[1].asnumpy().ravel().astype(int)
            y = out_data[0].asnumpy().copy()
            y[np.arange(label.shape[0]), label] -= 1.0
            self.assign(in_grad[0], req[0], mx.nd.array(y))

    @mx.operator.register("mxbuild_softmax")
    class SoftmaxProp(mx.operator.CustomOpProp):
        def __init__(self):
            super(SoftmaxProp, self).__init__(need_top_grad=False)

        def list_arguments(self):
            return ["data", "label"]

        def list_outputs(self):
            return ["output"]

        def infer_shape(self, in_shape):
            return [in_shape[0], (in_shape[0][0],)], [in_shape[0]], []

        def create_operator(self, ctx, shapes, dtypes):
            return Softmax()

    return SoftmaxProp


def compare(mx, device):
    """Run it forward and backward on a device, and leave where it differs from numpy."""
    register(mx)
    x = np.random.RandomState(0).randn(6, 4).astype("float32")
    label = np.array([0, 1, 2, 3, 0, 1], dtype="float32")
    net = mx.sym.Custom(
        data=mx.sym.Variable("data"), label=mx.sym.Variable("label"), op_type="mxbuild_softmax", name="softmax"
    )
    executor = net.simple_bind(device, data=x.shape, label=label.shape)
    executor.arg_dict["data"][:] = x
    executor.arg_dict["label"][:] = label
    result = executor.forward(is_train=True)[0]
    if result.context != device:
        sys.exit("the result is on %s, not on %s" % (result.context, device))
    output = result.asnumpy()
    executor.backward()
    gradient = executor.grad_dict["data"].asnumpy()
    # Seen once, 1.6.0 on Python 3.13: all was right, and the process aborted while the interpreter ended. MXNet's
    # threads call Python to delete an operator; here they have done so before that.
    del executor, result
    gc.collect()
    mx.nd.waitall()
    wanted = np.exp(x - x.max(axis=1, keepdims=True))
    wanted /= wanted.sum(axis=1, keepdims=True)
    if abs(output - wanted).max() > 1e-5:
        sys.exit("forward differs from numpy by %g" % abs(output - wanted).max())
    wanted[np.arange(6), label.astype(int)] -= 1
    if abs(gradient - wanted).max() > 1e-5:
        sys.exit("backward differs from numpy by %g" % abs(gradient - wanted).max())
