"""Layers that normalise."""

import numpy as np
from mxbuild_cases import _reference
from mxbuild_cases._declare import case, floats


def parts(mx, random, channels, *more):
    """Data of (2, channels, ...), a positive scale and an offset per channel: for numpy and for MXNet."""
    arrays = floats(random, 2, channels, *more), 1 + floats(random, channels) / 2, floats(random, channels)
    return arrays, [mx.nd.array(each) for each in arrays]


def per_channel(values, x):
    return values.reshape((1, -1) + (1,) * (x.ndim - 2))


@case("nd.BatchNorm")
def batch_norm_in_inference(mx, random):
    (x, gamma, beta), arrays = parts(mx, random, 3, 4, 5)
    mean, variance = floats(random, 3), 1 + floats(random, 3) / 2
    y = mx.nd.BatchNorm(*(arrays + [mx.nd.array(mean), mx.nd.array(variance)]), eps=1e-3, fix_gamma=False)
    scaled = (x - per_channel(mean, x)) / np.sqrt(per_channel(variance, x) + 1e-3)
    return {"normalised": (y.asnumpy(), scaled * per_channel(gamma, x) + per_channel(beta, x))}


@case("nd.BatchNorm", "autograd.record", rtol=1e-3, atol=1e-4)
def batch_norm_in_training(mx, random):
    (x, gamma, beta), arrays = parts(mx, random, 3, 4, 5)
    mean, variance = mx.nd.zeros((3,)), mx.nd.ones((3,))
    for each in arrays:
        each.attach_grad()
    with mx.autograd.record():
        y = mx.nd.BatchNorm(*(arrays + [mean, variance]), eps=1e-3, momentum=0.9, fix_gamma=False)
        loss = mx.nd.sum(y * y * y)
    loss.backward()
    mx.nd.waitall()  # without it, the running mean was still 0 in one run of five (1.6.0, a busy machine)
    wanted = _reference.normalize(x, (0, 2, 3), 1e-3) * per_channel(gamma, x) + per_channel(beta, x)
    return {
        "normalised": (y.asnumpy(), wanted),
        "running_mean": (mean.asnumpy(), 0.1 * x.mean((0, 2, 3))),
        "by_data": arrays[0].grad.asnumpy(),
        "by_gamma": arrays[1].grad.asnumpy(),
        "by_beta": (arrays[2].grad.asnumpy(), (3 * wanted**2).sum((0, 2, 3))),
    }


@case("nd.InstanceNorm")
def instance_norm(mx, random):
    (x, gamma, beta), arrays = parts(mx, random, 3, 4, 5)
    y = mx.nd.InstanceNorm(*arrays, eps=1e-3)
    wanted = _reference.normalize(x, (2, 3), 1e-3) * per_channel(gamma, x) + per_channel(beta, x)
    return {"normalised": (y.asnumpy(), wanted)}


@case("nd.LayerNorm")
def layer_norm(mx, random):
    x, gamma, beta = floats(random, 3, 4, 6), floats(random, 6), floats(random, 6)
    y = mx.nd.LayerNorm(mx.nd.array(x), mx.nd.array(gamma), mx.nd.array(beta), axis=-1, eps=1e-5)
    return {"normalised": (y.asnumpy(), _reference.normalize(x, 2, 1e-5) * gamma + beta)}


@case("nd.L2Normalization")
def l2_normalization(mx, random):
    x = floats(random, 2, 3, 4)
    a = mx.nd.array(x)
    return {
        mode: (
            mx.nd.L2Normalization(a, mode=mode, eps=1e-6).asnumpy(),
            x / np.sqrt((x * x).sum(axes, keepdims=True) + 1e-6),
        )
        for mode, axes in (("instance", (1, 2)), ("channel", 1), ("spatial", 2))
    }


@case("nd.LRN")
def local_response_norm(mx, random):
    x = floats(random, 2, 6, 3, 3)
    y = mx.nd.LRN(mx.nd.array(x), nsize=3, alpha=0.1, beta=0.75, knorm=2.0)
    squares = np.pad(x * x, ((0, 0), (1, 1), (0, 0), (0, 0)), mode="constant")
    around = squares[:, :-2] + squares[:, 1:-1] + squares[:, 2:]
    return {"normalised": (y.asnumpy(), x / (2 + 0.1 / 3 * around) ** 0.75)}
