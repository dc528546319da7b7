"""An operator written as CustomOp, with what CustomOpProp can say of one, gives numpy's values.

Attributes, names, shapes and types that are inferred, what backward depends on, gradients that are added to what is
there; need_top_grad=False is what custom_softmax has. No auxiliary state: before 1.0 upstream's library has no gradient
for an operator with one, and writes past an array of its own (src/operator/custom/custom.cc, Gradient and CreateState).
"""

import gc
import importlib
import os
import runpy
import sys
import types

import numpy as np

mx = importlib.import_module(sys.argv[1])
beside = os.path.join(os.path.dirname(os.path.abspath(__file__)), "python_operators.py")
operators = types.SimpleNamespace(**runpy.run_path(beside))
SCALE = 3.0


class Two(mx.operator.CustomOp):
    def __init__(self, scale):
        super(Two, self).__init__()
        self.scale = scale

    def forward(self, is_train, req, in_data, out_data, aux):
        self.assign(out_data[0], req[0], in_data[0] * in_data[1] * self.scale)
        self.assign(out_data[1], req[1], in_data[0] - in_data[1])

    def backward(self, req, out_grad, in_data, out_data, in_grad, aux):
        product = out_grad[0] * self.scale
        self.assign(in_grad[0], req[0], product * in_data[1] + out_grad[1])
        self.assign(in_grad[1], req[1], product * in_data[0] - out_grad[1])


@mx.operator.register("mxbuild_two")
class TwoProp(mx.operator.CustomOpProp):
    def __init__(self, scale):
        super(TwoProp, self).__init__(need_top_grad=True)
        self.scale = float(scale)  # attributes come as text

    def list_arguments(self):
        return ["lhs", "rhs"]

    def list_outputs(self):
        return ["product", "difference"]

    def infer_shape(self, in_shape):
        return [in_shape[0]] * 2, [in_shape[0]] * 2, []

    def infer_type(self, in_type):
        return [in_type[0]] * 2, [in_type[0]] * 2, []

    def declare_backward_dependency(self, out_grad, in_data, out_data):
        return list(out_grad) + list(in_data)

    def create_operator(self, ctx, in_shapes, in_dtypes):
        return Two(self.scale)


net = mx.sym.Custom(op_type="mxbuild_two", scale=SCALE, name="two")
names = net.list_arguments(), net.list_outputs()
if names != (["two_lhs", "two_rhs"], ["two_product", "two_difference"]):
    sys.exit("its arguments are %s, its outputs %s" % names)
lhs, rhs, heads = (values.astype("float64") for values in (operators.LHS, operators.RHS, np.array(operators.HEADS)))
executor = net.simple_bind(mx.cpu(), grad_req="add", two_lhs=lhs.shape, type_dict={"two_lhs": "float64"})
if np.dtype(executor.arg_dict["two_rhs"].dtype) != np.dtype("float64"):
    sys.exit("float64 data made an argument of %s" % np.dtype(executor.arg_dict["two_rhs"].dtype))
executor.arg_dict["two_lhs"][:], executor.arg_dict["two_rhs"][:] = lhs, rhs
for array in executor.grad_dict.values():
    array[:] = 1
for _ in range(2):
    outputs = [output.asnumpy() for output in executor.forward(is_train=True)]
    executor.backward([mx.nd.array(head, dtype="float64") for head in heads])
grads = {name: array.asnumpy() for name, array in executor.grad_dict.items()}
del executor  # MXNet's threads call Python to delete an operator: before the interpreter ends
gc.collect()
mx.nd.waitall()
operators.same("the product", outputs[0], SCALE * lhs * rhs)
operators.same("the difference", outputs[1], lhs - rhs)
operators.same("the gradient by lhs, added twice to 1,", grads["two_lhs"], 1 + 2 * (SCALE * heads[0] * rhs + heads[1]))
operators.same("the gradient by rhs, added twice to 1,", grads["two_rhs"], 1 + 2 * (SCALE * heads[0] * lhs - heads[1]))
print("two outputs, an attribute, float64, gradients added: numpy's")
