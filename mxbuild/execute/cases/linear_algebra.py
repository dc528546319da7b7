"""Products of matrices (BLAS) and factors of them (LAPACK)."""

import numpy as np
from mxbuild_cases._declare import case, floats, found


def definite(random, size):
    """A symmetric matrix whose Cholesky factor is well determined."""
    a = floats(random, size, size)
    return a.dot(a.T) + size * np.eye(size, dtype="float32")


@case("nd.dot", feature="blas")
def dot(mx, random):
    x, y = floats(random, 7, 33), floats(random, 33, 5)
    a, b = mx.nd.array(x), mx.nd.array(y)
    return {
        "plain": (mx.nd.dot(a, b).asnumpy(), x.dot(y)),
        "turned": (
            mx.nd.dot(mx.nd.array(x.T), mx.nd.array(y.T), transpose_a=True, transpose_b=True).asnumpy(),
            x.dot(y),
        ),
    }


@case("nd.batch_dot", "nd.dot")
def batch_dot(mx, random):
    x, y = floats(random, 3, 2, 4), floats(random, 3, 4, 5)
    u = floats(random, 6)
    return {
        "batch": (mx.nd.batch_dot(mx.nd.array(x), mx.nd.array(y)).asnumpy(), np.matmul(x, y)),
        "turned": (
            mx.nd.batch_dot(mx.nd.array(x), mx.nd.array(y.swapaxes(1, 2).copy()), transpose_b=True).asnumpy(),
            np.matmul(x, y),
        ),
        "vectors": (mx.nd.dot(mx.nd.array(u), mx.nd.array(u)).asnumpy().reshape(1), u.dot(u).reshape(1)),
    }


@case("nd.linalg_gemm2|nd.linalg.gemm2")
def gemm2(mx, random):
    x, y = floats(random, 3, 4), floats(random, 4, 5)
    product = found(mx, "nd.linalg_gemm2|nd.linalg.gemm2")(mx.nd.array(x), mx.nd.array(y))
    return {"product": (product.asnumpy(), x.dot(y))}


@case("nd.linalg_gemm|nd.linalg.gemm")
def gemm(mx, random):
    x, y, z = floats(random, 2, 3, 4), floats(random, 2, 5, 4), floats(random, 2, 3, 5)
    function = found(mx, "nd.linalg_gemm|nd.linalg.gemm")
    result = function(*[mx.nd.array(each) for each in (x, y, z)], transpose_b=True, alpha=2.0, beta=0.5)
    return {"sum": (result.asnumpy(), 2 * np.matmul(x, y.swapaxes(1, 2)) + 0.5 * z)}


@case("nd.linalg_potrf|nd.linalg.potrf", feature="lapack")
def potrf(mx, random):
    a = definite(random, 5)
    factor = found(mx, "nd.linalg_potrf|nd.linalg.potrf")(mx.nd.array(a))
    return {"factor": (factor.asnumpy(), np.linalg.cholesky(a))}


@case("nd.linalg_potri|nd.linalg.potri", feature="lapack")
def potri(mx, random):
    a = definite(random, 5)
    factor = np.linalg.cholesky(a)
    inverse = found(mx, "nd.linalg_potri|nd.linalg.potri")(mx.nd.array(factor))
    return {"inverse": (inverse.asnumpy(), np.linalg.inv(a))}


@case("nd.linalg_trsm|nd.linalg.trsm", "nd.linalg_trmm|nd.linalg.trmm", feature="lapack")
def triangular(mx, random):
    factor, b = np.linalg.cholesky(definite(random, 4)), floats(random, 4, 3)
    solve, multiply = found(mx, "nd.linalg_trsm|nd.linalg.trsm"), found(mx, "nd.linalg_trmm|nd.linalg.trmm")
    a, c = mx.nd.array(factor), mx.nd.array(b)
    return {
        "solved": (solve(a, c, alpha=2.0).asnumpy(), 2 * np.linalg.solve(factor, b)),
        "multiplied": (multiply(a, c, transpose=True).asnumpy(), factor.T.dot(b)),
    }


@case("nd.linalg_sumlogdiag|nd.linalg.sumlogdiag", feature="lapack")
def sumlogdiag(mx, random):
    a = np.stack([definite(random, 4), definite(random, 4)])
    result = found(mx, "nd.linalg_sumlogdiag|nd.linalg.sumlogdiag")(mx.nd.array(a))
    return {"sums": (result.asnumpy(), np.log(np.diagonal(a, axis1=1, axis2=2)).sum(1))}


@case("nd.linalg_syrk|nd.linalg.syrk")
def syrk(mx, random):
    x = floats(random, 3, 4)
    function = found(mx, "nd.linalg_syrk|nd.linalg.syrk")
    return {
        "plain": (function(mx.nd.array(x), alpha=1.5).asnumpy(), 1.5 * x.dot(x.T)),
        "turned": (function(mx.nd.array(x), transpose=True).asnumpy(), x.T.dot(x)),
    }


@case("nd.linalg_gelqf|nd.linalg.gelqf", feature="lapack")
def gelqf(mx, random):
    """The factors are unique once the diagonal of L is positive."""
    x = floats(random, 3, 5)
    factors = [each.asnumpy() for each in found(mx, "nd.linalg_gelqf|nd.linalg.gelqf")(mx.nd.array(x))]
    lower, orthogonal = factors if factors[0].shape == (3, 3) else factors[::-1]
    signs = np.sign(np.diag(lower))
    q, r = np.linalg.qr(x.T)
    theirs = np.sign(np.diag(r))
    return {"l": (lower * signs, (r * theirs[:, None]).T), "q": (orthogonal * signs[:, None], (q * theirs).T)}


@case("nd.linalg_syevd|nd.linalg.syevd", feature="lapack")
def syevd(mx, random):
    """Eigenvectors are unique up to their sign."""
    a = definite(random, 4)
    vectors, values = [each.asnumpy() for each in found(mx, "nd.linalg_syevd|nd.linalg.syevd")(mx.nd.array(a))]
    wanted, theirs = np.linalg.eigh(a)
    return {"values": (values, wanted), "vectors": (abs(vectors), abs(theirs.T))}


@case("nd.khatri_rao")
def khatri_rao(mx, random):
    x, y = floats(random, 2, 3), floats(random, 4, 3)
    result = mx.nd.khatri_rao(mx.nd.array(x), mx.nd.array(y))
    return {"product": (result.asnumpy(), (x[:, None] * y[None]).reshape(8, 3))}
