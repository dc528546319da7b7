# SPDX-License-Identifier: Apache-2.0
"""Operators written in Python: a CustomOp computes, a CustomOpProp describes it."""
_REGISTERED = {}


class CustomOp(object):
    """Computes. `req` says for each result: "write", "add" or "null"."""

    def forward(self, is_train, req, in_data, out_data, aux):
        raise NotImplementedError("%s has no forward" % type(self).__name__)

    def backward(self, req, out_grad, in_data, out_data, in_grad, aux):
        raise NotImplementedError("%s has no backward" % type(self).__name__)

    def assign(self, dst, req, src):
        """Puts `src` into `dst` in the way that `req` asks for."""
        if req in ("write", "inplace"):
            dst[:] = src
        elif req == "add":
            dst += src
        elif req != "null":
            raise ValueError("unknown request %r" % (req,))


class CustomOpProp(object):
    """Describes. need_top_grad: whether backward wants the gradient of the output (a loss does not)."""

    def __init__(self, need_top_grad=True):
        self.need_top_grad_ = need_top_grad

    def list_arguments(self):
        return ["data"]

    def list_outputs(self):
        return ["output"]

    def list_auxiliary_states(self):
        return []

    def infer_shape(self, in_shape):
        """(shapes of the inputs, of the outputs, of the auxiliary states); [] stands for an unknown one."""
        return in_shape, [in_shape[0]] * len(self.list_outputs()), []

    def infer_type(self, in_type):
        return in_type, [in_type[0]] * len(self.list_outputs()), [in_type[0]] * len(self.list_auxiliary_states())

    def create_operator(self, ctx, in_shapes, in_dtypes):
        raise NotImplementedError("%s creates no operator" % type(self).__name__)


def register(reg_name):
    """Class decorator: makes a CustomOpProp known to mx.sym.Custom as op_type=reg_name."""

    def decorate(prop):
        _REGISTERED[reg_name] = prop
        return prop

    return decorate


def create_prop(op_type, **attributes):
    """The description of a registered operator; attributes reach it as text."""
    if op_type not in _REGISTERED:
        raise ValueError("no custom operator %r is registered" % (op_type,))
    return _REGISTERED[op_type](**{key: str(value) for key, value in attributes.items()})
