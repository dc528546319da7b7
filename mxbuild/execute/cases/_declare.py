"""How a case is declared, and how it finds what it needs of a release."""

import functools
import zlib

import numpy as np


class Absent(Exception):
    """What a case needs is not in this release; the message names it."""


class Case(object):
    """What belongs to a case besides its function."""

    def __init__(self, function, needs, feature, rtol, atol):
        self.function = function
        self.name = function.__name__
        self.needs = needs
        self.feature = feature
        self.rtol = rtol
        self.atol = atol

    def run(self, mx):
        """Results by name: (what MXNet said, what numpy says or None)."""
        for name in self.needs:
            found(mx, name)
        mx.random.seed(42)
        results = self.function(mx, np.random.RandomState(zlib.crc32(self.name.encode()) & 0x7FFFFFFF))
        return {key: value if isinstance(value, tuple) else (value, None) for key, value in results.items()}


def case(*needs, **options):
    """Declares a case.

    Args:
        needs: what it uses, as dotted names below `mxnet`; `a|b`: either will do. Where one is missing, the release
            does not have the case.
        feature: the feature without which the library refuses ("lapack"); "" for none.
        rtol, atol: a value may differ from the recorded one by atol + rtol * |recorded|.
    """
    feature, rtol, atol = options.pop("feature", ""), options.pop("rtol", 1e-4), options.pop("atol", 1e-5)
    assert not options, options

    def declare(function):
        function.case = Case(function, needs, feature, rtol, atol)
        return function

    return declare


def declared(module):
    """The cases of a module in the order of the file, which is that of their definition."""
    return [value.case for value in vars(module).values() if hasattr(value, "case")]


def found(mx, name):
    """The first of the alternatives `a|b` that there is below `mxnet`."""
    for one in name.split("|"):
        try:
            return functools.reduce(getattr, one.split("."), mx)
        except AttributeError:
            continue
    raise Absent(name.split("|")[0])


def floats(random, *shape):
    """float32 between -1 and 1."""
    return random.uniform(-1, 1, shape).astype("float32")


def whole(random, most, *shape):
    """float32 with whole numbers from 0 up to, but without, `most`."""
    return random.randint(0, most, shape).astype("float32")


def differences(mx, function, *arrays):
    """What the function gives, and the gradients of the sum of its squares by each of the arrays, by autograd."""
    inputs = [mx.nd.array(array) for array in arrays]
    for each in inputs:
        each.attach_grad()
    with mx.autograd.record():
        result = function(*inputs)
        total = mx.nd.sum(result * result)
    total.backward()
    return [result.asnumpy()] + [each.grad.asnumpy() for each in inputs]
