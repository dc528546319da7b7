"""Operators that are written in Python, in each family that MXNet has had for them; four checks use this.

The arithmetic is the same in all: what is checked is the way there and back. NumpyOp hands over numpy arrays that lie
in the library's memory, NDArrayOp and CustomOp hand over NDArrays, and each has callbacks of its own.
"""

import gc
import sys

import numpy as np

NATIVE = {"NumpyOp": "_Native", "NDArrayOp": "_NDArray"}
"""Class -> the operator of the library that calls it back."""
LHS = np.random.RandomState(0).randn(3, 4).astype("float32")
RHS = np.random.RandomState(1).randn(3, 4).astype("float32")
HEADS = [np.random.RandomState(2).randn(3, 4).astype("float32"), np.full((3, 4), 0.5, dtype="float32")]


def family(mx, name):
    """The class, or None in a release that has neither it nor the library's side of it; one alone is a fault."""
    own = getattr(mx.operator, name, None)
    native = getattr(getattr(mx.symbol, "_internal", None), NATIVE[name], None)
    if (own is None) != (native is None):
        sys.exit("mx.operator has %s %s, but the library has %s %s" % (
            "a" if own else "no", name, "a" if native else "no", NATIVE[name]))  # fmt: skip
    return own


def forward(in_data, out_data):
    """Product and difference."""
    out_data[0][:] = in_data[0] * in_data[1]
    out_data[1][:] = in_data[0] - in_data[1]


def backward(out_grad, in_data, in_grad):
    """Their gradients by both, each times what comes from above."""
    in_grad[0][:] = out_grad[0] * in_data[1] + out_grad[1]
    in_grad[1][:] = out_grad[0] * in_data[0] - out_grad[1]


def two(base):
    """Two arguments, two outputs, and names for all of them."""

    class Two(base):
        def list_arguments(self):
            return ["lhs", "rhs"]

        def list_outputs(self):
            return ["product", "difference"]

        def infer_shape(self, in_shape):
            return [in_shape[0]] * 2, [in_shape[0]] * 2

        def forward(self, in_data, out_data):
            forward(in_data, out_data)

        def backward(self, out_grad, in_data, out_data, in_grad):
            backward(out_grad, in_data, in_grad)

    return Two()


def loss(base):
    """It starts the gradient itself: need_top_grad is False, and backward is called without a gradient from above."""

    class Loss(base):
        def __init__(self):
            super(Loss, self).__init__(need_top_grad=False)

        def backward(self, out_grad, in_data, out_data, in_grad):
            in_grad[0][:] = in_data[0] * 2 + out_data[0]

    return Loss()


def run(mx, net, given, heads):
    """(outputs, gradient of each argument) of one step on the CPU.

    Every argument's shape is told: since 1.5 upstream counts an unknown one as -1 numbers, and writes past its array
    (src/operator/custom/native_op-inl.h and ndarray_op.cc, InferShape).
    """
    executor = net.simple_bind(mx.cpu(), **{name: value.shape for name, value in given.items()})
    for name, value in given.items():
        executor.arg_dict[name][:] = value
    outputs = [output.asnumpy() for output in executor.forward(is_train=True)]
    executor.backward([mx.nd.array(head) for head in heads] if heads else None)
    grads = {name: executor.grad_dict[name].asnumpy() for name in given}
    # MXNet's threads call Python to delete an operator; they are to have done so before the interpreter ends.
    del executor
    gc.collect()
    mx.nd.waitall()
    return outputs, grads


def same(what, seen, wanted):
    """Leave where two arrays differ."""
    worst = abs(seen - wanted).max() if seen.shape == wanted.shape else float("inf")
    if not worst < 1e-5:
        sys.exit("%s differs from numpy by %g" % (what, worst))


def compare_two(mx, net):
    """Run it, with names that the library gives its arguments and outputs, and leave where it differs from numpy."""
    names = net.list_arguments(), net.list_outputs()
    if names != (["two_lhs", "two_rhs"], ["two_product", "two_difference"]):
        sys.exit("its arguments are %s, its outputs %s" % names)
    outputs, grads = run(mx, net, {"two_lhs": LHS, "two_rhs": RHS}, HEADS)
    same("the product", outputs[0], LHS * RHS)
    same("the difference", outputs[1], LHS - RHS)
    same("the gradient by lhs", grads["two_lhs"], HEADS[0] * RHS + HEADS[1])
    same("the gradient by rhs", grads["two_rhs"], HEADS[0] * LHS - HEADS[1])


def compare(mx, name):
    """Both operators in the family of that name; says what was seen.

    No loss as NDArrayOp: since 1.5 upstream makes an array of the gradient that is not there (ndarray_op.cc, Backward).
    """
    base = family(mx, name)
    if base is None:
        return "this release has no %s" % name
    compare_two(mx, two(base)(name="two"))
    if name == "NDArrayOp":
        return "two outputs, forward and backward: numpy's"
    outputs, grads = run(mx, loss(base)(mx.sym.Variable("data"), name="loss"), {"data": LHS}, [])
    same("what a loss lets through", outputs[0], LHS)
    same("the gradient that a loss starts", grads["data"], LHS * 3)
    return "two outputs and a loss, forward and backward: numpy's"
