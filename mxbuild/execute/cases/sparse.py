"""Arrays that keep only what is not zero."""

import numpy as np
from mxbuild_cases._declare import case, floats


def holes(random, *shape):
    """Two of three elements are zero, and one row is all of them."""
    x = np.where(random.uniform(size=shape) < 1 / 3.0, floats(random, *shape), 0).astype("float32")
    x[1] = 0
    return x


@case("nd.cast_storage")
def cast_storage(mx, random):
    x = holes(random, 4, 5)
    csr, rows = (mx.nd.cast_storage(mx.nd.array(x), stype=stype) for stype in ("csr", "row_sparse"))
    kept = np.nonzero(x.any(1))[0]
    return {
        "data": (csr.data.asnumpy(), x[x != 0]),
        "indices": (csr.indices.asnumpy(), np.nonzero(x)[1]),
        "indptr": (csr.indptr.asnumpy(), np.concatenate([[0], (x != 0).sum(1).cumsum()])),
        "rows": (rows.indices.asnumpy(), kept),
        "row_data": (rows.data.asnumpy(), x[kept]),
        "dense": (mx.nd.cast_storage(rows, stype="default").asnumpy(), x),
    }


@case("nd.cast_storage", "nd.dot")
def csr_dot(mx, random):
    x, y, z = holes(random, 4, 5), floats(random, 5, 3), floats(random, 4, 3)
    csr = mx.nd.cast_storage(mx.nd.array(x), stype="csr")
    return {
        "plain": (mx.nd.dot(csr, mx.nd.array(y)).asnumpy(), x.dot(y)),
        "turned": (mx.nd.dot(csr, mx.nd.array(z), transpose_a=True).asnumpy(), x.T.dot(z)),
    }


@case("nd.cast_storage", "nd.sum")
def csr_sum(mx, random):
    x = holes(random, 4, 5)
    csr = mx.nd.cast_storage(mx.nd.array(x), stype="csr")
    return {
        "columns": (mx.nd.sum(csr, axis=0).asnumpy(), x.sum(0)),
        "rows": (mx.nd.sum(csr, axis=1).asnumpy(), x.sum(1)),
    }


@case("nd.cast_storage", "nd.sparse_retain|nd.sparse.retain")
def sparse_retain(mx, random):
    x = floats(random, 5, 3)
    rows = mx.nd.cast_storage(mx.nd.array(x), stype="row_sparse")
    retain = getattr(mx.nd, "sparse_retain", None) or mx.nd.sparse.retain
    wanted = x.copy()
    wanted[[1, 3, 4]] = 0
    return {"kept": (retain(rows, mx.nd.array([0, 2])).asnumpy(), wanted)}


@case("nd.cast_storage", "nd.elemwise_add")
def sparse_elementwise(mx, random):
    x, y = holes(random, 4, 3), holes(random, 4, 3)
    a, b = (mx.nd.cast_storage(mx.nd.array(each), stype="row_sparse") for each in (x, y))
    total = mx.nd.elemwise_add(a, b)
    return {
        "sum": (total.asnumpy(), x + y),
        "squared": (mx.nd.square(a).asnumpy(), x * x),
        "scaled": ((a * 3).asnumpy(), 3 * x),
    }


@case("nd.sparse.csr_matrix|nd.csr_matrix", "nd.sparse.row_sparse_array|nd.row_sparse_array")
def sparse_made_of_parts(mx, random):
    values = floats(random, 4)
    places, starts = np.array([0, 2, 1, 3]), np.array([0, 2, 2, 4])
    csr = mx.nd.sparse.csr_matrix((values, places, starts), shape=(3, 4))
    dense = np.zeros((3, 4), "float32")
    dense[[0, 0, 2, 2], places] = values
    return {"dense": (csr.asnumpy(), dense), "slice": (csr[1:3].asnumpy(), dense[1:3])}


@case("optimizer.SGD", "optimizer.get_updater", "nd.cast_storage")
def sparse_sgd_update(mx, random):
    """Only the rows that the gradient has are changed (lazily)."""
    w, g = floats(random, 4, 3), holes(random, 4, 3)
    weight = mx.nd.cast_storage(mx.nd.array(w), stype="row_sparse")
    updater = mx.optimizer.get_updater(mx.optimizer.SGD(learning_rate=0.1, wd=0.0))
    updater(0, mx.nd.cast_storage(mx.nd.array(g), stype="row_sparse"), weight)
    return {"weight": (weight.asnumpy(), w - np.float32(0.1) * g)}
