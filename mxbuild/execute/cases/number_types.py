"""Other numbers than float32: casts, half precision, double precision, whole numbers, eight bits."""

import numpy as np
from mxbuild_cases._declare import case, floats, found


@case("nd.Cast|nd.cast")
def casts(mx, random):
    x = 9 * floats(random, 3, 4)
    a = mx.nd.array(x)
    positive = abs(x)
    return {
        "float64": (a.astype("float64").asnumpy(), x.astype("float64")),
        "int32": (a.astype("int32").asnumpy(), x.astype("int32")),
        "uint8": (mx.nd.array(positive).astype("uint8").asnumpy(), positive.astype("uint8")),
    }


@case("nd.Cast|nd.cast", rtol=1e-3, atol=1e-3)
def casts_to_half(mx, random):
    x = 9 * floats(random, 3, 4)
    half = mx.nd.array(x).astype("float16")
    return {
        "half": (half.asnumpy(), x.astype("float16")),
        "back": (half.astype("float32").asnumpy(), x.astype("float16").astype("float32")),
    }


@case("nd.elemwise_add", "nd.Cast|nd.cast", rtol=2e-3, atol=2e-3)
def half_precision(mx, random):
    x, y = floats(random, 3, 4).astype("float16"), floats(random, 3, 4).astype("float16")
    a, b = mx.nd.array(x, dtype="float16"), mx.nd.array(y, dtype="float16")
    return {
        "sum": ((a + b).asnumpy(), x + y),
        "product": ((a * b).asnumpy(), x * y),
        "exp": (mx.nd.exp(a).asnumpy(), np.exp(x)),
        "reduced": (mx.nd.sum(a, axis=1).asnumpy(), x.astype("float32").sum(1).astype("float16")),
    }


@case("nd.FullyConnected", "nd.mean", rtol=1e-10, atol=1e-12)
def double_precision(mx, random):
    x, w = random.uniform(-1, 1, (3, 5)), random.uniform(-1, 1, (4, 5))
    a, b = mx.nd.array(x, dtype="float64"), mx.nd.array(w, dtype="float64")
    return {
        "dense": (mx.nd.FullyConnected(a, b, num_hidden=4, no_bias=True).asnumpy(), x.dot(w.T)),
        "mean": (mx.nd.mean(a, axis=0).asnumpy(), x.mean(0)),
    }


@case("nd.exp", "nd.log", rtol=1e-6, atol=1e-6)
def double_precision_functions(mx, random):
    """Old releases compute them in single precision all the same, hence the tolerance."""
    x = 1.5 + random.uniform(-1, 1, (3, 5))
    a = mx.nd.array(x, dtype="float64")
    return {"exp": (mx.nd.exp(a).asnumpy(), np.exp(x)), "log": (mx.nd.log(a).asnumpy(), np.log(x))}


@case("nd.Convolution", rtol=1e-10, atol=1e-12)
def double_precision_convolution(mx, random):
    x, w = random.uniform(-1, 1, (1, 2, 4, 4)), random.uniform(-1, 1, (3, 2, 1, 1))
    a, b = mx.nd.array(x, dtype="float64"), mx.nd.array(w, dtype="float64")
    y = mx.nd.Convolution(a, b, kernel=(1, 1), num_filter=3, no_bias=True)
    return {"pointwise": (y.asnumpy(), np.einsum("nchw,fc->nfhw", x, w[:, :, 0, 0]))}


@case("nd.array")
def whole_numbers(mx, random):
    x, y = random.randint(-50, 50, (3, 4)).astype("int32"), random.randint(1, 9, (3, 4)).astype("int32")
    a, b = mx.nd.array(x, dtype="int32"), mx.nd.array(y, dtype="int32")
    return {
        "sum": ((a + b).asnumpy(), x + y),
        "difference": ((a - b).asnumpy(), x - y),
        "product": ((a * b).asnumpy(), x * y),
        "maximum": (mx.nd.maximum(a, b).asnumpy(), np.maximum(x, y)),
        "transposed": (mx.nd.transpose(a).asnumpy(), x.T),
    }


@case("nd.contrib.quantize|contrib.nd.quantize", "nd.contrib.dequantize|contrib.nd.dequantize", rtol=0, atol=0.004)
def quantization(mx, random):
    """MKL-DNN, which upstream's wheels have from 1.7 on, turns eight bits back with another scale: half a step more."""
    x = abs(floats(random, 3, 4))
    quantize = found(mx, "nd.contrib.quantize|contrib.nd.quantize")
    dequantize = found(mx, "nd.contrib.dequantize|contrib.nd.dequantize")
    low, high = mx.nd.array([0]), mx.nd.array([1])
    values, least, most = quantize(mx.nd.array(x), low, high, out_type="uint8")
    again = dequantize(values, least, most, out_type="float32").asnumpy()
    return {
        "values": values.asnumpy(),
        "range": np.concatenate([least.asnumpy().ravel(), most.asnumpy().ravel()]),
        "again": again,
        "near": (np.array([float(abs(again - x).max() < 1 / 250.0)]), np.array([1.0])),
    }
