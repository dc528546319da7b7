"""What numpy says to the cases that are too long for a line: written for clarity, slow, in float64."""

import itertools

import numpy as np


def correlate(x, w, b=None, stride=1, pad=0, dilate=1, groups=1):
    """Convolution as networks have it: x (N, C, ...), w (F, C / groups, ...), any number of dimensions."""
    dims = x.ndim - 2
    x = np.pad(x.astype("float64"), [(0, 0)] * 2 + [(pad, pad)] * dims, mode="constant")
    reach = [(k - 1) * dilate + 1 for k in w.shape[2:]]
    lengths = [(n - r) // stride + 1 for n, r in zip(x.shape[2:], reach)]
    out = np.zeros([x.shape[0], w.shape[0]] + lengths)
    per, filters = x.shape[1] // groups, w.shape[0] // groups
    for place in itertools.product(*map(range, lengths)):
        window = tuple(slice(p * stride, p * stride + r, dilate) for p, r in zip(place, reach))
        for f in range(w.shape[0]):
            first = f // filters * per
            seen = x[(slice(None), slice(first, first + per)) + window]
            out[(slice(None), f) + place] = (seen * w[f]).reshape(x.shape[0], -1).sum(1) + (0 if b is None else b[f])
    return out.astype("float32")


def deconvolve(x, w, stride=1, pad=0):
    """The transpose of `correlate`: x (N, C, H, W), w (C, F, kH, kW)."""
    height, width = w.shape[2:]
    full = np.zeros((x.shape[0], w.shape[1], (x.shape[2] - 1) * stride + height, (x.shape[3] - 1) * stride + width))
    for i, j in itertools.product(range(x.shape[2]), range(x.shape[3])):
        part = np.einsum("nc,cfhw->nfhw", x[:, :, i, j].astype("float64"), w)
        full[:, :, i * stride : i * stride + height, j * stride : j * stride + width] += part
    return full[:, :, pad : full.shape[2] - pad, pad : full.shape[3] - pad].astype("float32")


def pool(x, kernel, stride, fold):
    """Windows of the last two axes without padding, folded by a function such as numpy's max."""
    lengths = [(n - kernel) // stride + 1 for n in x.shape[2:]]
    out = np.zeros(x.shape[:2] + tuple(lengths))
    for i, j in itertools.product(*map(range, lengths)):
        rows, columns = slice(i * stride, i * stride + kernel), slice(j * stride, j * stride + kernel)
        out[:, :, i, j] = fold(x[:, :, rows, columns].reshape(x.shape[:2] + (-1,)), axis=2)
    return out.astype("float32")


def normalize(x, axes, epsilon):
    """(x - mean) / sqrt(variance + epsilon) over the axes."""
    x = x.astype("float64")
    centred = x - x.mean(axes, keepdims=True)
    return (centred / np.sqrt(x.var(axes, keepdims=True) + epsilon)).astype("float32")


def sigmoid(x):
    return 1 / (1 + np.exp(-x))


def softmax(x, axis=-1):
    powers = np.exp(x - x.max(axis, keepdims=True))
    return powers / powers.sum(axis, keepdims=True)
