"""Arrays as text, and how far one is from another."""

import base64

import numpy as np


def encoded(array):
    """[dtype, shape, base64 of the little-endian values]."""
    array = np.asarray(array)
    flat = np.ascontiguousarray(array, dtype=array.dtype.newbyteorder("<"))
    return [array.dtype.name, list(array.shape), base64.b64encode(flat.tobytes()).decode()]


def decoded(text):
    """The array of `encoded`."""
    kind, shape, data = text
    return np.frombuffer(base64.b64decode(data), np.dtype(kind).newbyteorder("<")).reshape(shape).astype(kind)


def distance(got, wanted, rtol, atol):
    """(greatest difference as a share of the tolerance, what is wrong or "").

    Whole numbers and truth values have to be the same unless atol is 1 or more. NaN is NaN, and infinity infinity.
    """
    got, wanted = np.asarray(got), np.asarray(wanted)
    if got.dtype != wanted.dtype or got.shape != wanted.shape:
        return float("inf"), "%s %s, not %s %s" % (got.dtype, got.shape, wanted.dtype, wanted.shape)
    if not got.size:
        return 0.0, ""
    exact = got.dtype.kind not in "fc" and atol < 1
    one, other = got.astype("float64"), wanted.astype("float64")
    same = (one == other) | (np.isnan(one) & np.isnan(other))
    with np.errstate(invalid="ignore", divide="ignore", over="ignore"):
        allowed = np.zeros_like(other) if exact else atol + rtol * abs(other)
        share = np.where(same, 0.0, abs(one - other) / allowed)
    share[np.isnan(share)] = np.inf
    worst = float(share.max())
    if worst <= 1:
        return worst, ""
    place = np.unravel_index(share.argmax(), share.shape)
    count, where = int((share > 1).sum()), [int(i) for i in place]
    return worst, "%d of %d differ, most at %s: %.9g, not %.9g" % (
        count,
        got.size,
        where,
        float(one[place]),
        float(other[place]),
    )
