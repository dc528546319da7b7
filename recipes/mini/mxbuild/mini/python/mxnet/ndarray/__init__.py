# SPDX-License-Identifier: Apache-2.0
"""Arrays, and a function for every operator of the library whose name has no leading underscore."""
import types

from mxnet.base import list_op_names
from mxnet.ndarray.array import NDArray, arange, array, empty, full, invoke, ones, two_sided, waitall, zeros

__all__ = ["NDArray", "arange", "array", "empty", "full", "invoke", "linalg", "ones", "random_normal", "random_uniform",
           "waitall", "zeros"]


def _function(name):
    def call(*inputs, **attributes):
        out = attributes.pop("out", None)
        named = [key for key in ("data", "lhs", "rhs", "weight", "bias") if isinstance(attributes.get(key), NDArray)]
        inputs = list(inputs) + [attributes.pop(key) for key in named]
        return invoke(name, inputs, out=out, **attributes)

    call.__name__ = name
    call.__doc__ = "The library's operator %s: arrays by position, attributes by name, `out` for the result." % name
    return call


for _name in list_op_names():
    if not _name.startswith("_"):
        globals()[_name] = _function(_name)
        __all__.append(_name)

linalg = types.SimpleNamespace(
    **{_name[len("linalg_"):]: globals()[_name] for _name in __all__ if _name.startswith("linalg_")})

broadcast_add = globals()["broadcast_plus"]
broadcast_sub = globals()["broadcast_minus"]
flatten = globals()["Flatten"]
reshape = globals()["Reshape"]
add = two_sided("plus")
subtract = two_sided("minus")
multiply = two_sided("mul")
divide = two_sided("div")
power = two_sided("power")
maximum = two_sided("maximum")
minimum = two_sided("minimum")


def concat(*arrays, **attributes):
    """Joins arrays along the axis `dim` (1)."""
    return invoke("Concat", list(arrays), **attributes)


def concatenate(arrays, axis=0):
    return invoke("Concat", list(arrays), dim=axis)


def random_uniform(low=0.0, high=1.0, shape=(1,), ctx=None, dtype="float32"):
    return invoke("_random_uniform", [], ctx=ctx, low=low, high=high, shape=shape, dtype=dtype)


def random_normal(loc=0.0, scale=1.0, shape=(1,), ctx=None, dtype="float32"):
    return invoke("_random_normal", [], ctx=ctx, loc=loc, scale=scale, shape=shape, dtype=dtype)
