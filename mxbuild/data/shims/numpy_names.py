"""numpy with what it dropped in 1.20 (financial functions), 1.24 (Python's own types), 2.0, 2.3 and 2.4.

Each stands for what it stood for in the last numpy that had it. The list is of what MXNet's modules use (`python -m
tests.scan`), and of the names that went together with those.
"""

import types
import warnings

import numpy

SAME = {
    "alltrue": "all",
    "cumproduct": "cumprod",
    "product": "prod",
    "sometrue": "any",
    "round_": "round",
    "row_stack": "vstack",
    "trapz": "trapezoid",
    "complex_": "complex128",
    "float_": "float64",
    "string_": "bytes_",
    "unicode_": "str_",
    "Inf": "inf",
    "Infinity": "inf",
    "PINF": "inf",
    "infty": "inf",
    "NAN": "nan",
    "NaN": "nan",
}
"""Dropped name -> the name that it was another word for."""

OWN = {
    "bool": bool,
    "complex": complex,
    "float": float,
    "int": int,
    "long": int,
    "object": object,
    "str": str,
    "unicode": str,
    "NINF": -float("inf"),
    "NZERO": -0.0,
    "PZERO": 0.0,
    "compat": types.SimpleNamespace(basestring=str),
}

FINANCIAL = ("fv", "ipmt", "irr", "mirr", "nper", "npv", "pmt", "ppmt", "pv", "rate")


class WithNames(types.ModuleType):
    """A module, and names that it lacks; whatever else is asked for is the module's own, at that moment."""

    def __init__(self, module, names):
        super(WithNames, self).__init__(module.__name__, module.__doc__)
        for name in ("__loader__", "__package__", "__spec__"):
            self.__dict__.pop(name, None)
        self.__dict__.update(names, _mxbuild_module=module)

    def __getattr__(self, name):
        return getattr(self.__dict__["_mxbuild_module"], name)

    def __dir__(self):
        return sorted(set(dir(self.__dict__["_mxbuild_module"])) | set(self.__dict__))


def asscalar(a):
    return a.item()


def in1d(ar1, ar2, assume_unique=False, invert=False):
    return numpy.isin(numpy.asarray(ar1).ravel(), ar2, assume_unique=assume_unique, invert=invert)


def msort(a):
    return numpy.sort(a, axis=0)


def fromstring(string, dtype=float, count=-1, sep="", **options):
    """numpy 2.3 dropped the binary mode; what comes back could be written to, unlike what frombuffer gives."""
    if sep:
        return numpy.fromstring(string, dtype, count, sep=sep, **options)
    data = string.encode("latin-1") if isinstance(string, str) else string
    return numpy.frombuffer(data, dtype, count, **options).copy()


def _binary():
    """Whether numpy.fromstring still has its binary mode."""
    try:
        return numpy.fromstring(b"1", numpy.uint8).size == 1
    except ValueError:
        return False


def _financial(name):
    """As numpy 1.20 to 1.26 had it."""

    def gone(*args, **kwargs):
        raise RuntimeError("numpy.{0} was removed in numpy 1.20 (NEP 32): use numpy_financial.{0}".format(name))

    gone.__name__ = name
    return gone


def stand_ins():
    """numpy as MXNet's modules see it; nothing where it has all names."""
    names = dict(OWN)
    names.update((old, getattr(numpy, new)) for old, new in SAME.items() if hasattr(numpy, new))
    names.update((function.__name__, function) for function in (asscalar, in1d, msort))
    names.update((name, _financial(name)) for name in FINANCIAL)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # numpy warns of some names, then says that it does not have them
        missing = {name: value for name, value in names.items() if not hasattr(numpy, name)}
        if not _binary():
            missing["fromstring"] = fromstring
    return {"numpy": WithNames(numpy, missing)} if missing else {}
