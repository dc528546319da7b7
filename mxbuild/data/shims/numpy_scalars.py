"""Operators' arguments as the library reads them: since numpy 2.0 `str((4, numpy.int64(36)))` is `(4, np.int64(36))`.

MXNet hands arguments on as text, and shapes are often computed with numpy. The modules that do so get a `str` that
writes the numbers as before.
"""

import numpy

MODULES = ("_ctypes.ndarray", "_ctypes.symbol", "symbol", "symbol.symbol")
"""Below the package; in all releases these are where arguments and attributes become text."""


class Kind(type):
    def __instancecheck__(cls, instance):
        return isinstance(instance, str)


class Text(str, metaclass=Kind):
    """As `str` is used: called, and asked whether something is one."""

    def __new__(cls, value="", *more):
        return _written(value) if type(value) in (tuple, list) else str(value, *more)


def _written(value):
    inner = ", ".join(map(_element, value))
    return "[{}]".format(inner) if type(value) is list else "({}{})".format(inner, "," * (len(value) == 1))


def _element(value):
    if type(value) in (tuple, list):
        return _written(value)
    return repr(value.item() if isinstance(value, numpy.generic) else value)


def names(module):
    """What the module's namespace begins with; nothing where numpy writes numbers as before."""
    return {"str": Text} if module in MODULES and repr(numpy.int64(1)) != "1" else {}
