# SPDX-License-Identifier: Apache-2.0
"""What a graph is made of: for each layer its inputs, shapes, result and gradient, by the library's operators."""
from mxnet import operator
from mxnet.ndarray import invoke, zeros

LAYERS = []


def offered(layer):
    """Class decorator: the layer becomes a function of mx.sym."""
    LAYERS.append(layer)
    return layer


class Layer(object):
    """Base: one output; attributes come with every call, a layer keeps nothing of its own.

    A shape of None is not known yet.
    """

    name = ""
    loss = False
    """Whether it starts a gradient by itself."""

    def arguments(self, attributes):
        return ["data"]

    def outputs(self):
        return ["output"]

    def infer_shape(self, attributes, shapes):
        """(shapes of the inputs, of the outputs); those that follow are filled in."""
        return shapes, [shapes[0]]

    def start(self, ctx, attributes, shapes, types):
        """Something to be kept by an executor and handed to forward and backward; None for most."""

    def forward(self, attributes, inputs, is_train, kept):
        """The outputs."""
        raise NotImplementedError

    def backward(self, attributes, grads, inputs, outputs, kept):
        """Gradients of the inputs (None: none flows there) from those of the outputs."""
        raise NotImplementedError


def folded(grad, shape):
    """The gradient of an array that was stretched: summed over the axes that were."""
    extra = grad.ndim - len(shape)
    axes = [axis for axis in range(grad.ndim) if axis < extra or shape[axis - extra] != grad.shape[axis]]
    return invoke("sum", [grad], axis=tuple(axes), keepdims=True).reshape(shape) if axes else grad


def _product(lengths):
    total = 1
    for length in lengths:
        total *= length
    return total


# --- dense layers ----------------------------------------------------------------------------


@offered
class FullyConnected(Layer):
    """data (rows, ...) times weight (num_hidden, columns) transposed, plus bias unless no_bias."""

    name = "FullyConnected"

    def arguments(self, attributes):
        return ["data", "weight"] if attributes.get("no_bias") else ["data", "weight", "bias"]

    def infer_shape(self, attributes, shapes):
        hidden = int(attributes["num_hidden"])
        data = shapes[0]
        if data is None:
            return shapes, [None]
        return [data, (hidden, _product(data[1:])), (hidden,)][: len(shapes)], [(data[0], hidden)]

    def forward(self, attributes, inputs, is_train, kept):
        return [invoke("FullyConnected", inputs, num_hidden=attributes["num_hidden"], no_bias=len(inputs) == 2)]

    def backward(self, attributes, grads, inputs, outputs, kept):
        data, weight = inputs[:2]
        rows = data.reshape((data.shape[0], -1))
        found = [
            invoke("dot", [grads[0], weight]).reshape(data.shape), invoke("dot", [grads[0], rows], transpose_a=True)]
        return found + [invoke("sum", [grads[0]], axis=0) for _ in inputs[2:]]


@offered
class Flatten(Layer):
    """All axes but the first made one."""

    name = "Flatten"

    def infer_shape(self, attributes, shapes):
        data = shapes[0]
        return shapes, [None if data is None else (data[0], _product(data[1:]))]

    def forward(self, attributes, inputs, is_train, kept):
        return [invoke("Flatten", inputs)]

    def backward(self, attributes, grads, inputs, outputs, kept):
        return [grads[0].reshape(inputs[0].shape)]


@offered
class Dot(Layer):
    """Product of two matrices."""

    name = "dot"

    def arguments(self, attributes):
        return ["lhs", "rhs"]

    def infer_shape(self, attributes, shapes):
        return shapes, [None if None in shapes else (shapes[0][0], shapes[1][1])]

    def forward(self, attributes, inputs, is_train, kept):
        return [invoke("dot", inputs)]

    def backward(self, attributes, grads, inputs, outputs, kept):
        return [
            invoke("dot", [grads[0], inputs[1]], transpose_b=True),
            invoke("dot", [inputs[0], grads[0]], transpose_a=True)]


@offered
class Sum(Layer):
    """The sum of all elements."""

    name = "sum"

    def infer_shape(self, attributes, shapes):
        return shapes, [(1,)]

    def forward(self, attributes, inputs, is_train, kept):
        return [invoke("sum", inputs)]

    def backward(self, attributes, grads, inputs, outputs, kept):
        ones = invoke("ones_like", inputs)
        return [invoke("broadcast_mul", [ones, grads[0].reshape((1,) * ones.ndim)])]


# --- functions of each element ------------------------------------------------------------------

DERIVATIVES = {
    "exp": lambda x, y: y,
    "log": lambda x, y: 1.0 / x,
    "sqrt": lambda x, y: 0.5 / y,
    "square": lambda x, y: 2.0 * x,
    "abs": lambda x, y: invoke("sign", [x]),
    "negative": lambda x, y: invoke("ones_like", [x]) * -1.0,
    "sin": lambda x, y: invoke("cos", [x]),
    "cos": lambda x, y: invoke("sin", [x]) * -1.0,
    "tanh": lambda x, y: 1.0 - y * y,
    "sigmoid": lambda x, y: y * (1.0 - y),
    "relu": lambda x, y: x > 0,
}
"""Operator -> derivative, from what went in and what came out."""


class Elementwise(Layer):
    """The operator of the library that has this name."""

    def forward(self, attributes, inputs, is_train, kept):
        return [invoke(self.name, inputs)]

    def backward(self, attributes, grads, inputs, outputs, kept):
        return [grads[0] * DERIVATIVES[self.name](inputs[0], outputs[0])]


for _name in sorted(DERIVATIVES):
    offered(type(_name, (Elementwise,), {"name": _name, "__doc__": Elementwise.__doc__}))


@offered
class Activation(Layer):
    """The function that act_type names: relu, sigmoid or tanh."""

    name = "Activation"

    @staticmethod
    def _kind(attributes):
        kind = attributes["act_type"]
        if kind not in ("relu", "sigmoid", "tanh"):
            raise ValueError("unknown act_type %r" % (kind,))
        return kind

    def forward(self, attributes, inputs, is_train, kept):
        return [invoke(self._kind(attributes), inputs)]

    def backward(self, attributes, grads, inputs, outputs, kept):
        return [grads[0] * DERIVATIVES[self._kind(attributes)](inputs[0], outputs[0])]


# --- arithmetic ---------------------------------------------------------------------------------


class Arithmetic(Layer):
    """Two arrays, stretched to fit."""

    def arguments(self, attributes):
        return ["lhs", "rhs"]

    def infer_shape(self, attributes, shapes):
        if shapes[0] is None or shapes[1] is None:
            known = shapes[0] or shapes[1]  # not known: the same as the other
            return [known, known], [known]
        long, short = sorted(shapes, key=len, reverse=True)
        short = (1,) * (len(long) - len(short)) + tuple(short)
        return shapes, [tuple(b if a == 1 else a for a, b in zip(long, short))]

    def forward(self, attributes, inputs, is_train, kept):
        return [invoke(self.name, inputs)]

    def gradient(self, grad, lhs, rhs, out):
        raise NotImplementedError

    def backward(self, attributes, grads, inputs, outputs, kept):
        found = self.gradient(grads[0], inputs[0], inputs[1], outputs[0])
        return [folded(grad, source.shape) for grad, source in zip(found, inputs)]


@offered
class Plus(Arithmetic):
    name = "broadcast_plus"

    def gradient(self, grad, lhs, rhs, out):
        return grad, grad


@offered
class Minus(Arithmetic):
    name = "broadcast_minus"

    def gradient(self, grad, lhs, rhs, out):
        return grad, grad * -1.0


@offered
class Mul(Arithmetic):
    name = "broadcast_mul"

    def gradient(self, grad, lhs, rhs, out):
        return grad * rhs, grad * lhs


@offered
class Div(Arithmetic):
    name = "broadcast_div"

    def gradient(self, grad, lhs, rhs, out):
        return grad / rhs, grad * out / rhs * -1.0


@offered
class Power(Arithmetic):
    name = "broadcast_power"

    def gradient(self, grad, lhs, rhs, out):
        return grad * rhs * out / lhs, grad * out * invoke("log", [lhs])


class WithScalar(Layer):
    """An array and a number."""

    def forward(self, attributes, inputs, is_train, kept):
        return [invoke(self.name, inputs, scalar=attributes["scalar"])]

    def gradient(self, grad, data, scalar, out):
        return grad

    def backward(self, attributes, grads, inputs, outputs, kept):
        return [self.gradient(grads[0], inputs[0], attributes["scalar"], outputs[0])]


class PlusScalar(WithScalar):
    name = "_plus_scalar"


class MinusScalar(WithScalar):
    name = "_minus_scalar"


class ScalarMinus(WithScalar):
    name = "_rminus_scalar"

    def gradient(self, grad, data, scalar, out):
        return grad * -1.0


class MulScalar(WithScalar):
    name = "_mul_scalar"

    def gradient(self, grad, data, scalar, out):
        return grad * scalar


class DivScalar(WithScalar):
    name = "_div_scalar"

    def gradient(self, grad, data, scalar, out):
        return grad / scalar


class ScalarDiv(WithScalar):
    name = "_rdiv_scalar"

    def gradient(self, grad, data, scalar, out):
        return grad * out / data * -1.0


class PowerScalar(WithScalar):
    name = "_power_scalar"

    def gradient(self, grad, data, scalar, out):
        return grad * scalar * data ** (scalar - 1.0)


# --- losses -----------------------------------------------------------------------------------------


@offered
class MakeLoss(Layer):
    """Passes its input on; its gradient is 1 everywhere."""

    name = "MakeLoss"
    loss = True

    def forward(self, attributes, inputs, is_train, kept):
        return [invoke("identity", inputs)]

    def backward(self, attributes, grads, inputs, outputs, kept):
        return [invoke("ones_like", inputs)]


@offered
class Softmax(Layer):
    """exp(x) / sum(exp(x)) along `axis` (the last)."""

    name = "softmax"

    def forward(self, attributes, inputs, is_train, kept):
        return [invoke("softmax", inputs, axis=attributes.get("axis", -1))]

    def backward(self, attributes, grads, inputs, outputs, kept):
        product = grads[0] * outputs[0]
        total = invoke("sum", [product], axis=attributes.get("axis", -1), keepdims=True)
        return [product - outputs[0] * total]


@offered
class SoftmaxOutput(Layer):
    """Softmax of each row; its gradient is that of the cross entropy with the label, times grad_scale."""

    name = "SoftmaxOutput"
    loss = True

    def arguments(self, attributes):
        return ["data", "label"]

    def infer_shape(self, attributes, shapes):
        data = shapes[0]
        return [data, None if data is None else tuple(data[:1])], [data]

    def forward(self, attributes, inputs, is_train, kept):
        return [invoke("softmax", inputs[:1], axis=-1)]

    def backward(self, attributes, grads, inputs, outputs, kept):
        right = invoke("one_hot", inputs[1:], depth=outputs[0].shape[1], dtype=outputs[0].dtype)
        return [(outputs[0] - right) * float(attributes.get("grad_scale", 1.0)), None]


# --- operators written in Python -----------------------------------------------------------------


class Custom(Layer):
    """Runs the CustomOp of a CustomOpProp."""

    name = "Custom"

    def __init__(self, attributes):
        attributes = dict(attributes)
        self.prop = operator.create_prop(attributes.pop("op_type"), **attributes)
        self.loss = not self.prop.need_top_grad_
        if self.prop.list_auxiliary_states():
            raise NotImplementedError("auxiliary states")

    def arguments(self, attributes):
        return self.prop.list_arguments()

    def outputs(self):
        return self.prop.list_outputs()

    def infer_shape(self, attributes, shapes):
        if shapes[0] is None:
            return shapes, [None] * len(self.outputs())
        inputs, outputs = self.prop.infer_shape([list(shape or ()) for shape in shapes])[:2]
        return [tuple(shape) or None for shape in inputs], [tuple(shape) for shape in outputs]

    def start(self, ctx, attributes, shapes, types):
        operation = self.prop.create_operator(ctx, [list(shape) for shape in shapes], types)
        return operation, self.prop.infer_shape([list(shape) for shape in shapes])[1], types[0], ctx

    def forward(self, attributes, inputs, is_train, kept):
        operation, shapes, dtype, ctx = kept
        outputs = [zeros(tuple(shape), ctx, dtype) for shape in shapes]
        operation.forward(is_train, ["write"] * len(outputs), list(inputs), outputs, [])
        return outputs

    def backward(self, attributes, grads, inputs, outputs, kept):
        found = [invoke("zeros_like", [source]) for source in inputs]
        operation = kept[0]
        operation.backward(["write"] * len(inputs), [] if self.loss else grads, list(inputs), list(outputs), found, [])
        return found
