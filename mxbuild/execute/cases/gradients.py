"""Backward passes: by autograd, and of operators written in Python."""

import numpy as np
from mxbuild_cases import _reference
from mxbuild_cases._declare import case, differences, floats, whole


@case("autograd.record", "nd.FullyConnected")
def gradient_dense(mx, random):
    x, w, b = floats(random, 3, 5), floats(random, 4, 5), floats(random, 4)
    y, by_x, by_w, by_b = differences(mx, lambda *a: mx.nd.FullyConnected(*a, num_hidden=4), x, w, b)
    out = 2 * (x.dot(w.T) + b)
    return {"y": (y, out / 2), "x": (by_x, out.dot(w)), "w": (by_w, out.T.dot(x)), "b": (by_b, out.sum(0))}


@case("autograd.record", "nd.Convolution", rtol=1e-3)
def gradient_convolution(mx, random):
    x, w, b = floats(random, 2, 2, 5, 5), floats(random, 3, 2, 3, 3), floats(random, 3)
    how = {"kernel": (3, 3), "num_filter": 3, "stride": (2, 2), "pad": (1, 1)}
    y, by_x, by_w, by_b = differences(mx, lambda *a: mx.nd.Convolution(*a, **how), x, w, b)
    wanted = _reference.correlate(x, w, b, stride=2, pad=1)
    return {"y": (y, wanted), "x": by_x, "w": by_w, "b": (by_b, 2 * wanted.sum((0, 2, 3)))}


@case("autograd.record", "nd.Deconvolution", rtol=1e-3)
def gradient_deconvolution(mx, random):
    x, w = floats(random, 1, 2, 3, 3), floats(random, 2, 2, 3, 3)
    how = {"kernel": (3, 3), "num_filter": 2, "stride": (2, 2), "no_bias": True}
    y, by_x, by_w = differences(mx, lambda *a: mx.nd.Deconvolution(*a, **how), x, w)
    wanted = _reference.deconvolve(x, w, 2)
    return {"y": (y, wanted), "x": (by_x, 2 * _reference.correlate(wanted, w, stride=2)), "w": by_w}


@case("autograd.record", "nd.Pooling")
def gradient_pooling(mx, random):
    x, results = floats(random, 1, 2, 6, 6), {}
    for kind in ("max", "avg"):
        how = {"kernel": (3, 3), "stride": (2, 2), "pool_type": kind}
        results[kind] = differences(mx, lambda a, how=how: mx.nd.Pooling(a, **how), x)[1]
    return results


@case("autograd.record", "nd.softmax", "nd.tanh", "nd.exp", "nd.log")
def gradient_elementwise(mx, random):
    x = 1.5 + floats(random, 3, 4)
    probability = _reference.softmax(x)
    inner = (2 * probability**2).sum(1, keepdims=True)
    return {
        "softmax": (differences(mx, mx.nd.softmax, x)[1], probability * (2 * probability - inner)),
        "tanh": (differences(mx, mx.nd.tanh, x)[1], 2 * np.tanh(x) * (1 - np.tanh(x) ** 2)),
        "exp": (differences(mx, mx.nd.exp, x)[1], 2 * np.exp(2 * x)),
        "log": (differences(mx, mx.nd.log, x)[1], 2 * np.log(x) / x),
    }


@case("autograd.record", "nd.broadcast_mul", "nd.take", "nd.Embedding")
def gradient_indexing(mx, random):
    x, y, rows = floats(random, 3, 1), floats(random, 1, 4), whole(random, 3, 5)
    _, by_x, by_y = differences(mx, mx.nd.broadcast_mul, x, y)
    places = mx.nd.array(rows)
    counts = np.bincount(rows.astype(int), minlength=3).reshape(3, 1).astype("float32")
    return {
        "x": (by_x, 2 * x * (y * y).sum()),
        "y": (by_y, 2 * y * (x * x).sum()),
        "take": (differences(mx, lambda a: mx.nd.take(a, places), x)[1], 2 * x * counts),
        "embedding": (
            differences(mx, lambda a: mx.nd.Embedding(places, a, input_dim=3, output_dim=1), x)[1],
            2 * x * counts,
        ),
    }


@case(
    "autograd.record", "nd.linalg_potrf|nd.linalg.potrf", "nd.linalg_gemm2|nd.linalg.gemm2", feature="lapack", rtol=1e-3
)
def gradient_linear_algebra(mx, random):
    a = floats(random, 4, 4)
    a = a.dot(a.T) + 4 * np.eye(4, dtype="float32")
    potrf = getattr(mx.nd, "linalg_potrf", None) or mx.nd.linalg.potrf
    gemm2 = getattr(mx.nd, "linalg_gemm2", None) or mx.nd.linalg.gemm2
    b = floats(random, 3, 4)
    return {
        # The sum of the squares of the factor is the trace.
        "potrf": (differences(mx, potrf, a)[1], np.eye(4, dtype="float32")),
        "gemm2": (differences(mx, gemm2, b, a)[1], 2 * b.dot(a).dot(a.T)),
    }


@case("autograd.record", "nd.InstanceNorm", "nd.L2Normalization", rtol=1e-3, atol=1e-4)
def gradient_normalization(mx, random):
    x, gamma, beta = floats(random, 2, 3, 4), floats(random, 3), floats(random, 3)
    _, by_x, by_gamma, by_beta = differences(mx, lambda *a: mx.nd.InstanceNorm(*a, eps=1e-3), x, gamma, beta)
    weights = mx.nd.array(floats(random, 2, 3, 4))
    return {
        "x": by_x,
        "gamma": by_gamma,
        "beta": (by_beta, np.float32(16) * beta),
        "l2": differences(mx, lambda a: mx.nd.L2Normalization(a, mode="channel") + weights, x)[1],
    }


@case("autograd.record")
def gradient_of_a_chain(mx, random):
    """A function with a branch and a loop over what was computed, asked for without `attach_grad`."""
    x = mx.nd.array(floats(random, 4))
    x.attach_grad()
    with mx.autograd.record():
        y = x
        for _ in range(3):
            y = y * x + 1
    y.backward(mx.nd.array([1, 2, 3, 4]))
    values = x.asnumpy()
    return {"gradient": (x.grad.asnumpy(), np.array([1, 2, 3, 4], "float32") * (4 * values**3 + 2 * values + 1))}


def squaring(mx, name):
    """Registers `x * x * factor` as an operator written in Python."""

    class Squares(mx.operator.CustomOp):
        def __init__(self, factor):
            super(Squares, self).__init__()
            self.factor = factor

        def forward(self, is_train, req, in_data, out_data, aux):
            self.assign(out_data[0], req[0], mx.nd.array(in_data[0].asnumpy() ** 2 * self.factor))

        def backward(self, req, out_grad, in_data, out_data, in_grad, aux):
            grad = out_grad[0].asnumpy() * 2 * in_data[0].asnumpy() * self.factor
            self.assign(in_grad[0], req[0], mx.nd.array(grad))

    @mx.operator.register(name)
    class SquaresProp(mx.operator.CustomOpProp):
        def __init__(self, factor="1"):
            super(SquaresProp, self).__init__(need_top_grad=True)
            self.factor = float(factor)

        def list_arguments(self):
            return ["data"]

        def list_outputs(self):
            return ["output"]

        def infer_shape(self, in_shape):
            return in_shape, [in_shape[0]], []

        def create_operator(self, ctx, shapes, dtypes):
            return Squares(self.factor)

    return SquaresProp


@case("operator.CustomOp", "sym.Custom")
def custom_operator_in_a_graph(mx, random):
    kept = squaring(mx, "mxbuild_squares")
    x, head = floats(random, 3, 4), floats(random, 3, 4)
    net = mx.sym.Custom(data=mx.sym.Variable("data"), op_type="mxbuild_squares", factor=1.5, name="squares")
    executor = net.simple_bind(mx.cpu(), data=x.shape)
    executor.arg_dict["data"][:] = x
    y = executor.forward(is_train=True)[0].asnumpy()
    executor.backward(mx.nd.array(head))
    assert kept
    return {"y": (y, 1.5 * x * x), "gradient": (executor.grad_dict["data"].asnumpy(), 3 * x * head)}


@case("operator.CustomOp", "nd.Custom", "autograd.record")
def custom_operator_by_autograd(mx, random):
    kept = squaring(mx, "mxbuild_squares_again")
    x = floats(random, 3, 4)
    y, by_x = differences(mx, lambda a: mx.nd.Custom(a, op_type="mxbuild_squares_again", factor=2), x)
    assert kept
    return {"y": (y, 2 * x * x), "gradient": (by_x, 16 * x**3)}


@case("autograd.Function")
def autograd_function(mx, random):
    class Sigmoid(mx.autograd.Function):
        def forward(self, x):
            y = 1 / (1 + mx.nd.exp(-x))
            self.save_for_backward(y)
            return y

        def backward(self, dy):
            (y,) = self.saved_tensors
            return dy * y * (1 - y)

    x = floats(random, 5)
    y = _reference.sigmoid(x)
    seen = differences(mx, Sigmoid(), x)
    return {"y": (seen[0], y), "gradient": (seen[1], 2 * y * y * (1 - y))}
