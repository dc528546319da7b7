# SPDX-License-Identifier: Apache-2.0
"""What tests of operators need."""
import numpy as np

from mxnet.context import cpu
from mxnet.ndarray import NDArray, array


def default_context():
    return cpu()


def _numpy(value):
    return value.asnumpy() if isinstance(value, NDArray) else np.asarray(value)


def same(a, b):
    return np.array_equal(_numpy(a), _numpy(b))


def almost_equal(a, b, rtol=None, atol=None):
    return np.allclose(_numpy(a), _numpy(b), rtol=rtol or 1e-5, atol=atol or 1e-20)


def assert_almost_equal(a, b, rtol=None, atol=None, names=("a", "b")):
    """Raises AssertionError with the worst place where two arrays differ by more than atol + rtol * |b|."""
    a, b = _numpy(a), _numpy(b)
    rtol, atol = rtol or 1e-5, atol or 1e-20
    if a.shape != b.shape:
        raise AssertionError("%s has shape %s, %s has %s" % (names[0], a.shape, names[1], b.shape))
    if not np.allclose(a, b, rtol=rtol, atol=atol):
        excess = np.abs(a - b) / (atol + rtol * np.abs(b))
        worst = np.unravel_index(np.argmax(np.where(np.isnan(excess), np.inf, excess)), a.shape)
        raise AssertionError(
            "%s and %s differ, most at %s: %r and %r (rtol=%g, atol=%g)"
            % (names[0], names[1], tuple(map(int, worst)), a[worst], b[worst], rtol, atol))


def rand_ndarray(shape, dtype=np.float32):
    return array(np.random.uniform(-1, 1, shape), dtype=dtype)


def check_numeric_gradient(sym, location, aux_states=None, numeric_eps=1e-3, rtol=1e-2, atol=None, grad_nodes=None,
                           use_forward_train=True, ctx=None, dtype=np.float64):
    """Compares a graph's gradients with central differences of a random combination of its outputs.

    location: arrays for the arguments, a list in their order or a dict; grad_nodes: the names of
    those whose gradient is checked, all where None. Raises AssertionError where they differ.
    """
    names = sym.list_arguments()
    location = dict(zip(names, location)) if isinstance(location, (list, tuple)) else dict(location)
    if set(location) != set(names):
        raise ValueError("the graph's arguments are %s, given are %s" % (sorted(names), sorted(location)))
    values = {name: _numpy(value).astype(dtype) for name, value in location.items()}
    checked = list(names if grad_nodes is None else grad_nodes)
    args = {name: array(value, ctx, dtype) for name, value in values.items()}
    grads = {name: array(np.zeros_like(values[name]), ctx, dtype) for name in checked}
    executor = sym.bind(ctx or default_context(), args, grads, {name: "write" for name in checked}, aux_states)
    weights = [np.random.uniform(0.1, 1.1, out.shape) for out in executor.forward(is_train=True)]
    executor.backward([array(weight, ctx, dtype) for weight in weights])
    found = {name: executor.grad_dict[name].asnumpy() for name in checked}

    def combined():
        outputs = executor.forward(is_train=use_forward_train)
        return sum(float(np.sum(out.asnumpy() * weight)) for out, weight in zip(outputs, weights))

    for name in checked:
        numeric = np.zeros_like(values[name])
        for place in np.ndindex(*values[name].shape):
            moved = values[name].copy()
            sides = []
            for step in (numeric_eps / 2, -numeric_eps / 2):
                moved[place] = values[name][place] + step
                executor.arg_dict[name][:] = moved
                sides.append(combined())
            numeric[place] = (sides[0] - sides[1]) / numeric_eps
        executor.arg_dict[name][:] = values[name]
        assert_almost_equal(numeric, found[name], rtol, atol or 1e-6, ("NUMERICAL_" + name, "BACKWARD_" + name))
