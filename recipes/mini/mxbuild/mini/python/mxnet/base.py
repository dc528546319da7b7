# SPDX-License-Identifier: Apache-2.0
"""The C library, and how its calls are made."""
import ctypes

from mxnet.libinfo import find_lib_path

mx_uint = ctypes.c_uint
NDArrayHandle = ctypes.c_void_p
OpHandle = ctypes.c_void_p


class MXNetError(Exception):
    """What the library says is wrong."""


def _load():
    library = ctypes.CDLL(find_lib_path()[0], ctypes.RTLD_LOCAL)
    library.MXGetLastError.restype = ctypes.c_char_p
    return library


_LIB = _load()


def check_call(status):
    """Raises MXNetError with the library's text where a call did not return 0."""
    if status != 0:
        raise MXNetError(_LIB.MXGetLastError().decode("utf-8", "backslashreplace"))


def c_strings(texts):
    """A C array of strings."""
    return (ctypes.c_char_p * len(texts))(*[text.encode("utf-8") for text in texts])


def c_handles(arrays):
    """A C array of the arrays' handles."""
    return (NDArrayHandle * len(arrays))(*[array.handle for array in arrays])


def list_op_names():
    """Names of all operators of the library, sorted."""
    size = mx_uint()
    names = ctypes.POINTER(ctypes.c_char_p)()
    check_call(_LIB.MXListAllOpNames(ctypes.byref(size), ctypes.byref(names)))
    return [names[i].decode("utf-8") for i in range(size.value)]


def op_handle(name):
    """The operator of that name, as MXImperativeInvoke takes it."""
    handle = OpHandle()
    check_call(_LIB.NNGetOpHandle(ctypes.c_char_p(name.encode("utf-8")), ctypes.byref(handle)))
    return handle
