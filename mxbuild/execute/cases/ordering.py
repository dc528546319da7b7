"""Sorting. No two values are the same, so that there is one right order."""

import numpy as np
from mxbuild_cases._declare import case


def shuffled(random, *shape):
    return (random.permutation(int(np.prod(shape))).reshape(shape) / 4.0).astype("float32")


@case("nd.sort", "nd.argsort")
def sort(mx, random):
    x = shuffled(random, 3, 7)
    a = mx.nd.array(x)
    return {
        "sorted": (mx.nd.sort(a).asnumpy(), np.sort(x)),
        "places": (mx.nd.argsort(a).asnumpy(), np.argsort(x).astype("float32")),
    }


@case("nd.sort", "nd.argsort", "nd.topk")
def sort_other_ways(mx, random):
    """The miniature, which has no topk either, sorts rows upwards only."""
    x = shuffled(random, 4, 5)
    a = mx.nd.array(x)
    return {
        "descending": (mx.nd.sort(a, is_ascend=False).asnumpy(), -np.sort(-x)),
        "columns": (mx.nd.sort(a, axis=0).asnumpy(), np.sort(x, 0)),
        "places": (mx.nd.argsort(a, axis=0, is_ascend=False).asnumpy(), np.argsort(-x, 0).astype("float32")),
    }


@case("nd.topk")
def topk(mx, random):
    x = shuffled(random, 3, 6)
    a, order = mx.nd.array(x), np.argsort(-x)[:, :2]
    values = mx.nd.topk(a, k=2, ret_typ="both")
    mask = np.zeros_like(x)
    mask[np.arange(3)[:, None], order] = 1
    return {
        "places": (mx.nd.topk(a, k=2).asnumpy(), order.astype("float32")),
        "values": (values[0].asnumpy(), -np.sort(-x)[:, :2]),
        "places_too": (values[1].asnumpy(), order.astype("float32")),
        "mask": (mx.nd.topk(a, k=2, ret_typ="mask").asnumpy(), mask),
        "smallest": (mx.nd.topk(a, k=3, ret_typ="value", is_ascend=True).asnumpy(), np.sort(x)[:, :3]),
    }
