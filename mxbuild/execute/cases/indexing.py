"""Picking elements, and rearranging arrays."""

import numpy as np
from mxbuild_cases._declare import case, floats, whole


@case("nd.take")
def take(mx, random):
    x, rows = floats(random, 5, 3), whole(random, 5, 2, 4)
    return {"rows": (mx.nd.take(mx.nd.array(x), mx.nd.array(rows)).asnumpy(), x[rows.astype(int)])}


@case("nd.pick", "nd.batch_take")
def pick(mx, random):
    x, which = floats(random, 6, 4), whole(random, 4, 6)
    wanted = x[np.arange(6), which.astype(int)]
    return {
        "pick": (mx.nd.pick(mx.nd.array(x), mx.nd.array(which), axis=1).asnumpy(), wanted),
        "batch": (mx.nd.batch_take(mx.nd.array(x), mx.nd.array(which, dtype="int32")).asnumpy(), wanted),
    }


@case("nd.gather_nd", "nd.scatter_nd")
def gather_and_scatter(mx, random):
    x, places = floats(random, 3, 4, 2), np.array([[0, 2, 1], [3, 0, 1]])
    values = floats(random, 3, 2)
    scattered = np.zeros((3, 4, 2), "float32")
    scattered[tuple(places)] = values
    return {
        "gathered": (mx.nd.gather_nd(mx.nd.array(x), mx.nd.array(places)).asnumpy(), x[tuple(places)]),
        "scattered": (
            mx.nd.scatter_nd(mx.nd.array(values), mx.nd.array(places), shape=(3, 4, 2)).asnumpy(),
            scattered,
        ),
    }


@case("nd.slice")
def slices(mx, random):
    x = floats(random, 4, 5, 3)
    return {"box": (mx.nd.slice(mx.nd.array(x), begin=(1, 0, 1), end=(3, 4, 3)).asnumpy(), x[1:3, 0:4, 1:3])}


@case("nd.slice")
def slices_with_steps(mx, random):
    x = floats(random, 6, 5)
    y = mx.nd.slice(mx.nd.array(x), begin=(0, 4), end=(6, 0), step=(2, -1))
    return {"steps": (y.asnumpy(), x[0:6:2, 4:0:-1])}


@case("nd.slice_axis")
def slice_axis(mx, random):
    x = floats(random, 4, 5, 3)
    return {"columns": (mx.nd.slice_axis(mx.nd.array(x), axis=1, begin=1, end=4).asnumpy(), x[:, 1:4])}


@case("nd.one_hot")
def one_hot(mx, random):
    which = whole(random, 5, 6)
    return {
        "rows": (mx.nd.one_hot(mx.nd.array(which), depth=5).asnumpy(), np.eye(5, dtype="float32")[which.astype(int)])
    }


@case("nd.where")
def where(mx, random):
    x, y, truth = floats(random, 3, 4), floats(random, 3, 4), whole(random, 2, 3, 4)
    return {
        "chosen": (mx.nd.where(mx.nd.array(truth), mx.nd.array(x), mx.nd.array(y)).asnumpy(), np.where(truth, x, y))
    }


@case("nd.transpose", "nd.Flatten")
def transposition(mx, random):
    x = floats(random, 2, 3, 4)
    a = mx.nd.array(x)
    return {
        "axes": (mx.nd.transpose(a, axes=(2, 0, 1)).asnumpy(), x.transpose(2, 0, 1)),
        "flat": (mx.nd.Flatten(a).asnumpy(), x.reshape(2, 12)),
    }


@case("nd.Concat|nd.concat")
def joining(mx, random):
    x, y = floats(random, 2, 3), floats(random, 2, 4)
    return {"joined": (mx.nd.concat(mx.nd.array(x), mx.nd.array(y), dim=1).asnumpy(), np.concatenate([x, y], 1))}


@case("nd.stack", "nd.split|nd.SliceChannel", "nd.expand_dims")
def splitting(mx, random):
    x, y = floats(random, 2, 4), floats(random, 2, 4)
    parts = mx.nd.split(mx.nd.array(x), num_outputs=2, axis=1)
    return {
        "stacked": (mx.nd.stack(mx.nd.array(x), mx.nd.array(y), axis=1).asnumpy(), np.stack([x, y], 1)),
        "first": (parts[0].asnumpy(), x[:, :2]),
        "second": (parts[1].asnumpy(), x[:, 2:]),
        "expanded": (mx.nd.expand_dims(mx.nd.array(x), axis=1).asnumpy(), x[:, None]),
    }


@case("nd.reshape", "nd.swapaxes|nd.SwapAxis")
def reshaping(mx, random):
    """The codes 0, -1, -2, -3 and -4 stand for: the same, the rest, all the rest, two joined, one split."""
    x = floats(random, 2, 3, 4)
    a = mx.nd.array(x)
    return {
        "same": (mx.nd.reshape(a, shape=(0, -1)).asnumpy(), x.reshape(2, 12)),
        "rest": (mx.nd.reshape(a, shape=(2, -2)).asnumpy(), x),
        "joined": (mx.nd.reshape(a, shape=(-3, 0)).asnumpy(), x.reshape(6, 4)),
        "split": (mx.nd.reshape(a, shape=(0, 0, -4, 2, -1)).asnumpy(), x.reshape(2, 3, 2, 2)),
        "swapped": (mx.nd.swapaxes(a, dim1=0, dim2=2).asnumpy(), x.swapaxes(0, 2)),
    }


@case("nd.tile", "nd.repeat", "nd.reverse|nd.flip", "nd.clip")
def repeating(mx, random):
    x = floats(random, 2, 3)
    a = mx.nd.array(x)
    return {
        "tiled": (mx.nd.tile(a, reps=(2, 2)).asnumpy(), np.tile(x, (2, 2))),
        "repeated": (mx.nd.repeat(a, repeats=2, axis=1).asnumpy(), x.repeat(2, 1)),
        "reversed": (mx.nd.reverse(a, axis=1).asnumpy(), x[:, ::-1]),
        "clipped": (mx.nd.clip(a, -0.3, 0.4).asnumpy(), x.clip(-0.3, 0.4)),
    }


@case("nd.SequenceMask", "nd.SequenceLast", "nd.SequenceReverse")
def sequences(mx, random):
    x, lengths = floats(random, 4, 3, 2), np.array([1, 4, 2], "float32")
    a, known = mx.nd.array(x), mx.nd.array(lengths)
    mask = (np.arange(4)[:, None] < lengths)[:, :, None]
    turned = x.copy()
    for column, length in enumerate(lengths.astype(int)):
        turned[:length, column] = x[:length, column][::-1]
    given = {"use_sequence_length": True, "sequence_length": known}
    return {
        "masked": (mx.nd.SequenceMask(a, value=-1, **given).asnumpy(), np.where(mask, x, -1).astype("float32")),
        "last": (mx.nd.SequenceLast(a, **given).asnumpy(), x[lengths.astype(int) - 1, np.arange(3)]),
        "reversed": (mx.nd.SequenceReverse(a, **given).asnumpy(), turned),
    }
