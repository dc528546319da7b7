"""Convolution, its transpose, pooling, and other layers that look at neighbourhoods."""

import numpy as np
from mxbuild_cases import _reference
from mxbuild_cases._declare import case, floats


def convolved(mx, random, lengths, kernel, filters=2, channels=2, biased=True, **how):
    """A convolution by MXNet and by numpy; `how`: stride, pad, dilate, groups, one number each."""
    x = floats(random, 2, channels, *lengths)
    w = floats(random, filters, channels // how.get("groups", 1), *kernel)
    b = floats(random, filters) if biased else None
    extra = {name: (value,) * len(kernel) for name, value in how.items() if name != "groups"}
    arrays = [mx.nd.array(each) for each in ([x, w, b] if biased else [x, w])]
    y = mx.nd.Convolution(
        *arrays, kernel=kernel, num_filter=filters, no_bias=not biased, num_group=how.get("groups", 1), **extra
    )
    return y.asnumpy(), _reference.correlate(x, w, b, **how)


@case("nd.Convolution")
def convolution_2d(mx, random):
    return {
        "plain": convolved(mx, random, (6, 7), (3, 3)),
        "without_bias": convolved(mx, random, (6, 7), (3, 2), biased=False),
        "pointwise": convolved(mx, random, (4, 4), (1, 1), channels=3),
    }


@case("nd.Convolution")
def convolution_stride_pad_dilate(mx, random):
    return {
        "stride": convolved(mx, random, (7, 9), (3, 3), stride=2),
        "pad": convolved(mx, random, (5, 4), (3, 3), pad=1),
        "dilate": convolved(mx, random, (8, 7), (3, 3), dilate=2),
        "all": convolved(mx, random, (9, 9), (3, 3), stride=2, pad=2, dilate=2),
    }


@case("nd.Convolution")
def convolution_grouped(mx, random):
    return {
        "groups": convolved(mx, random, (5, 5), (3, 3), filters=4, channels=4, groups=2),
        "depthwise": convolved(mx, random, (4, 4), (3, 3), filters=4, channels=4, groups=4, pad=1),
    }


@case("nd.Convolution")
def convolution_1d(mx, random):
    return {"plain": convolved(mx, random, (9,), (3,)), "stride": convolved(mx, random, (9,), (3,), stride=2, pad=1)}


@case("nd.Convolution")
def convolution_3d(mx, random):
    return {
        "plain": convolved(mx, random, (4, 5, 4), (2, 3, 2)),
        "pad": convolved(mx, random, (3, 3, 3), (3, 3, 3), pad=1),
    }


@case("nd.Deconvolution")
def deconvolution(mx, random):
    x, w = floats(random, 2, 3, 4, 3), floats(random, 3, 2, 3, 3)
    arrays, same = (mx.nd.array(x), mx.nd.array(w)), {"kernel": (3, 3), "num_filter": 2, "no_bias": True}
    return {
        "plain": (mx.nd.Deconvolution(*arrays, **same).asnumpy(), _reference.deconvolve(x, w)),
        "stride": (
            mx.nd.Deconvolution(*arrays, stride=(2, 2), pad=(1, 1), **same).asnumpy(),
            _reference.deconvolve(x, w, 2, 1),
        ),
    }


@case("nd.Pooling")
def pooling(mx, random):
    x = floats(random, 2, 3, 6, 7)
    a, how = mx.nd.array(x), {"kernel": (2, 2), "stride": (2, 2)}
    over = {"kernel": (3, 3), "stride": (1, 1)}
    return {
        "max": (mx.nd.Pooling(a, pool_type="max", **how).asnumpy(), _reference.pool(x, 2, 2, np.max)),
        "avg": (mx.nd.Pooling(a, pool_type="avg", **how).asnumpy(), _reference.pool(x, 2, 2, np.mean)),
        "overlapping": (mx.nd.Pooling(a, pool_type="max", **over).asnumpy(), _reference.pool(x, 3, 1, np.max)),
    }


@case("nd.Pooling")
def pooling_global_and_padded(mx, random):
    x = floats(random, 2, 3, 5, 5)
    a, how = mx.nd.array(x), {"kernel": (3, 3), "stride": (2, 2), "pad": (1, 1)}
    whole = {"kernel": (2, 2), "global_pool": True}
    return {
        "max": (mx.nd.Pooling(a, pool_type="max", **whole).asnumpy(), x.max((2, 3), keepdims=True)),
        "avg": (mx.nd.Pooling(a, pool_type="avg", **whole).asnumpy(), x.mean((2, 3), keepdims=True)),
        "padded": mx.nd.Pooling(a, pool_type="avg", **how).asnumpy(),
        "full": mx.nd.Pooling(a, pool_type="max", kernel=(2, 2), stride=(2, 2), pooling_convention="full").asnumpy(),
    }


@case("nd.Pooling")
def pooling_1d_3d(mx, random):
    line, cube = floats(random, 2, 3, 8), floats(random, 1, 2, 4, 4, 4)
    blocks = cube.reshape(1, 2, 2, 2, 2, 2, 2, 2).transpose(0, 1, 2, 4, 6, 3, 5, 7).reshape(1, 2, 2, 2, 2, 8)
    return {
        "line": (
            mx.nd.Pooling(mx.nd.array(line), pool_type="max", kernel=(2,), stride=(2,)).asnumpy(),
            line.reshape(2, 3, 4, 2).max(3),
        ),
        "cube": (
            mx.nd.Pooling(mx.nd.array(cube), pool_type="avg", kernel=(2, 2, 2), stride=(2, 2, 2)).asnumpy(),
            blocks.mean(5),
        ),
    }


@case("nd.UpSampling", "nd.Pad|nd.pad", "nd.Crop")
def spatial(mx, random):
    x = floats(random, 1, 2, 3, 4)
    a, edges = mx.nd.array(x), ((0, 0), (0, 0), (1, 2), (2, 1))
    width = tuple(n for pair in edges for n in pair)
    padded = {mode: mx.nd.pad(a, mode=mode, pad_width=width).asnumpy() for mode in ("constant", "edge", "reflect")}
    return {
        "upsampled": (
            mx.nd.UpSampling(a, scale=2, sample_type="nearest", num_args=1).asnumpy(),
            x.repeat(2, 2).repeat(2, 3),
        ),
        "cropped": (mx.nd.Crop(a, offset=(1, 1), h_w=(2, 2), num_args=1).asnumpy(), x[:, :, 1:3, 1:3]),
        "constant": (padded["constant"], np.pad(x, edges, mode="constant")),
        "edge": (padded["edge"], np.pad(x, edges, mode="edge")),
        "reflect": (padded["reflect"], np.pad(x, edges, mode="reflect")),
    }


@case("nd.BilinearSampler", "nd.GridGenerator", "nd.ROIPooling")
def sampling_grids(mx, random):
    x = mx.nd.array(floats(random, 1, 2, 6, 6))
    affine = mx.nd.array([[0.8, 0.1, 0.05, -0.1, 0.9, 0.1]])
    grid = mx.nd.GridGenerator(affine, transform_type="affine", target_shape=(4, 5))
    boxes = mx.nd.array([[0, 0, 0, 3, 3], [0, 1, 2, 5, 5]])
    return {
        "grid": grid.asnumpy(),
        "sampled": mx.nd.BilinearSampler(x, grid).asnumpy(),
        "regions": mx.nd.ROIPooling(x, boxes, pooled_size=(2, 2), spatial_scale=1.0).asnumpy(),
    }
