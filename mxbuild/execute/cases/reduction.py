"""Folding along axes, and arithmetic between arrays of different shapes."""

import numpy as np
from mxbuild_cases._declare import case, floats


@case("nd.sum", "nd.mean", "nd.max", "nd.min", "nd.prod")
def reductions(mx, random):
    x, results = floats(random, 3, 4, 5), {}
    for name in ("sum", "mean", "max", "min", "prod"):
        ours, theirs = getattr(mx.nd, name), getattr(np, name)
        results[name + "_axis"] = ours(mx.nd.array(x), axis=1).asnumpy(), theirs(x, axis=1)
        results[name + "_kept"] = ours(mx.nd.array(x), axis=2, keepdims=True).asnumpy(), theirs(x, 2, keepdims=True)
    return results


@case("nd.sum", "nd.mean")
def reductions_of_several_axes(mx, random):
    x = floats(random, 3, 4, 5)
    a = mx.nd.array(x)
    return {
        "sum": (mx.nd.sum(a, axis=(0, 2)).asnumpy(), x.sum((0, 2))),
        "mean": (mx.nd.mean(a, axis=(1, 2), keepdims=True).asnumpy(), x.mean((1, 2), keepdims=True)),
        "all": (mx.nd.sum(a).asnumpy(), x.sum().reshape(1)),
    }


@case("nd.sum", "nd.nanprod")
def reductions_of_the_other_axes(mx, random):
    """The miniature, which has no nanprod either, does not know `exclude`."""
    x = floats(random, 3, 4, 5)
    return {"sum": (mx.nd.sum(mx.nd.array(x), axis=1, exclude=True).asnumpy(), x.sum((0, 2)))}


@case("nd.nansum", "nd.nanprod")
def reductions_without_nan(mx, random):
    x = floats(random, 4, 5)
    x[1, 2] = x[3, 0] = np.nan
    return {
        "sum": (mx.nd.nansum(mx.nd.array(x), axis=1).asnumpy(), np.nansum(x, 1)),
        "prod": (mx.nd.nanprod(mx.nd.array(x), axis=0).asnumpy(), np.nanprod(x, 0)),
    }


@case("nd.norm")
def norm(mx, random):
    x = floats(random, 4, 5)
    return {"norm": (mx.nd.norm(mx.nd.array(x)).asnumpy().reshape(1), np.sqrt((x * x).sum()).reshape(1))}


@case("nd.argmax", "nd.argmin")
def places_of_extremes(mx, random):
    x = random.permutation(60).reshape(3, 4, 5).astype("float32")
    a = mx.nd.array(x)
    return {
        "argmax": (mx.nd.argmax(a, axis=1).asnumpy(), x.argmax(1).astype("float32")),
        "argmin": (mx.nd.argmin(a, axis=2).asnumpy(), x.argmin(2).astype("float32")),
    }


@case("nd.broadcast_add", "nd.broadcast_sub", "nd.broadcast_mul", "nd.broadcast_div", "nd.broadcast_power",
      "nd.broadcast_maximum", "nd.broadcast_minimum")  # fmt: skip
def broadcasting(mx, random):
    x, y = 1.5 + floats(random, 3, 1, 4), 1.5 + floats(random, 1, 2, 4)
    a, b = mx.nd.array(x), mx.nd.array(y)
    return {
        "add": (mx.nd.broadcast_add(a, b).asnumpy(), x + y),
        "sub": (mx.nd.broadcast_sub(a, b).asnumpy(), x - y),
        "mul": (mx.nd.broadcast_mul(a, b).asnumpy(), x * y),
        "div": (mx.nd.broadcast_div(a, b).asnumpy(), x / y),
        "power": (mx.nd.broadcast_power(a, b).asnumpy(), x**y),
        "maximum": (mx.nd.broadcast_maximum(a, b).asnumpy(), np.maximum(x, y)),
        "minimum": (mx.nd.broadcast_minimum(a, b).asnumpy(), np.minimum(x, y)),
    }


@case("nd.broadcast_equal", "nd.broadcast_greater", "nd.broadcast_lesser_equal")
def comparisons(mx, random):
    x, y = random.randint(0, 3, (4, 1)).astype("float32"), random.randint(0, 3, (1, 6)).astype("float32")
    a, b = mx.nd.array(x), mx.nd.array(y)
    return {
        "equal": (mx.nd.broadcast_equal(a, b).asnumpy(), (x == y).astype("float32")),
        "greater": (mx.nd.broadcast_greater(a, b).asnumpy(), (x > y).astype("float32")),
        "lesser_equal": (mx.nd.broadcast_lesser_equal(a, b).asnumpy(), (x <= y).astype("float32")),
    }


@case("nd.broadcast_to", "nd.broadcast_axis")
def broadcasting_to_a_shape(mx, random):
    x = floats(random, 2, 1, 3)
    a = mx.nd.array(x)
    return {
        "to": (mx.nd.broadcast_to(a, shape=(2, 4, 3)).asnumpy(), x.repeat(4, 1)),
        "axis": (mx.nd.broadcast_axis(a, axis=1, size=3).asnumpy(), x.repeat(3, 1)),
    }


@case("nd.exp", "nd.log", "nd.sqrt", "nd.sin", "nd.cos", "nd.square", "nd.abs")
def elementary_functions(mx, random):
    x = 1.5 + floats(random, 3, 4)
    names = ("exp", "log", "sqrt", "sin", "cos", "square", "abs")
    return {name: (getattr(mx.nd, name)(mx.nd.array(x)).asnumpy(), getattr(np, name)(x)) for name in names}


@case("nd.gamma", "nd.gammaln", "nd.arctanh", "nd.cbrt", "nd.rsqrt", "nd.rint", "nd.fix")
def special_functions(mx, random):
    x = 1.5 + floats(random, 3, 4)
    a = mx.nd.array(x)
    return {
        "gamma": mx.nd.gamma(a).asnumpy(),
        "gammaln": mx.nd.gammaln(a).asnumpy(),
        "arctanh": (mx.nd.arctanh(a / 4).asnumpy(), np.arctanh(x / 4)),
        "cbrt": (mx.nd.cbrt(a).asnumpy(), np.cbrt(x)),
        "rsqrt": (mx.nd.rsqrt(a).asnumpy(), 1 / np.sqrt(x)),
        "rint": (mx.nd.rint(a).asnumpy(), np.rint(x)),
        "fix": (mx.nd.fix(-a).asnumpy(), np.fix(-x)),
    }
