# SPDX-License-Identifier: Apache-2.0
"""NDArray: a dense array in the library's memory."""
import ctypes
import numbers

import numpy as np

from mxnet.base import _LIB, NDArrayHandle, c_handles, c_strings, check_call, mx_uint, op_handle
from mxnet.context import Context, cpu

_TYPES = {0: np.dtype("float32"), 1: np.dtype("float64"), 3: np.dtype("uint8"), 4: np.dtype("int32")}
_NUMBERS = {dtype: number for number, dtype in _TYPES.items()}
_HANDLES = {}


def _text(key, value):
    return np.dtype(value).name if key == "dtype" else str(value)


def _gpu():
    """Arrays on a GPU; they are arrays of this module."""
    from mxnet.ndarray import gpu

    return gpu


def invoke(name, inputs, out=None, ctx=None, **attributes):
    """Runs the operator `name` of the library.

    inputs: arrays; out: array for the result, a new one where None; attributes are handed on as text.
    """
    for given in inputs:
        if not isinstance(given, NDArray):
            raise TypeError("%s takes NDArrays, not %s" % (name, type(given).__name__))
    named = [given.context for given in inputs] + ([] if ctx is None else [Context(ctx)])
    if any(context.device_type == "gpu" for context in named + ([] if out is None else [out.context])):
        return _gpu().invoke(name, inputs, out, ctx, attributes)
    if name not in _HANDLES:
        _HANDLES[name] = op_handle(name)
    keys = [key for key in attributes if attributes[key] is not None]
    count = ctypes.c_int(0 if out is None else 1)
    kind = ctypes.POINTER(NDArrayHandle)
    outputs = kind() if out is None else ctypes.cast(c_handles([out]), kind)
    check_call(_LIB.MXImperativeInvoke(
        _HANDLES[name], ctypes.c_int(len(inputs)), c_handles(inputs), ctypes.byref(count), ctypes.byref(outputs),
        ctypes.c_int(len(keys)), c_strings(keys), c_strings([_text(key, attributes[key]) for key in keys])))
    return NDArray(NDArrayHandle(outputs[0])) if out is None else out


def two_sided(word):
    """The function of two arrays, or of an array and a number, for the operators named after `word`."""

    def call(lhs, rhs, out=None):
        if isinstance(lhs, NDArray) and isinstance(rhs, NDArray):
            return invoke("broadcast_" + word, [lhs, rhs], out=out)
        if isinstance(lhs, NDArray) and isinstance(rhs, numbers.Number):
            return invoke("_%s_scalar" % word, [lhs], out=out, scalar=float(rhs))
        if isinstance(rhs, NDArray) and isinstance(lhs, numbers.Number):
            swapped = "_r%s_scalar" if word in ("minus", "div", "power", "mod") else "_%s_scalar"
            return invoke(swapped % word, [rhs], out=out, scalar=float(lhs))
        return NotImplemented

    return call


def _operator(word, in_place=False, swapped=False):
    function = two_sided(word)

    def method(self, other):
        if isinstance(other, np.ndarray):
            other = array(other, dtype=self.dtype)
        if swapped:
            return function(other, self)
        return function(self, other, out=self if in_place else None)

    return method


def _folding(name):
    def method(self, axis=None, keepdims=False):
        return invoke(name, [self], axis=axis, keepdims=keepdims)

    method.__name__ = name
    return method


class NDArray(object):
    """A dense array of float32, float64, uint8 or int32."""

    __array_priority__ = 1000.0  # numpy leaves numpy_array + NDArray to us

    def __init__(self, handle):
        self.handle = handle

    def __del__(self):
        _LIB.MXNDArrayFree(self.handle)

    # --- what it is ---

    @property
    def shape(self):
        ndim = mx_uint()
        lengths = ctypes.POINTER(mx_uint)()
        check_call(_LIB.MXNDArrayGetShape(self.handle, ctypes.byref(ndim), ctypes.byref(lengths)))
        return tuple(lengths[i] for i in range(ndim.value))

    @property
    def dtype(self):
        number = ctypes.c_int()
        check_call(_LIB.MXNDArrayGetDType(self.handle, ctypes.byref(number)))
        return _TYPES[number.value].type

    @property
    def size(self):
        return int(np.product(self.shape, dtype=np.int64))  # as of its time: numpy 2.0 dropped the name

    @property
    def ndim(self):
        return len(self.shape)

    @property
    def context(self):
        kind, number = ctypes.c_int(), ctypes.c_int()
        check_call(_LIB.MXNDArrayGetContext(self.handle, ctypes.byref(kind), ctypes.byref(number)))
        return cpu(number.value)

    def __len__(self):
        return self.shape[0]

    def __repr__(self):
        return "\n%s\n<NDArray %s @%s>" % (self.asnumpy(), "x".join(map(str, self.shape)), self.context)

    def __bool__(self):
        return bool(self.asscalar())

    def __float__(self):
        return float(self.asscalar())

    # --- out of the library and into it ---

    def asnumpy(self):
        """A copy as numpy array."""
        data = np.empty(self.shape, dtype=self.dtype)
        check_call(_LIB.MXNDArraySyncCopyToCPU(
            self.handle, data.ctypes.data_as(ctypes.c_void_p), ctypes.c_size_t(data.size)))
        return data

    def asscalar(self):
        """The only element."""
        if self.size != 1:
            raise ValueError("an array of shape %s is no scalar" % (self.shape,))
        return self.asnumpy().reshape(-1)[0]

    def _fill(self, values):
        values = np.ascontiguousarray(np.broadcast_to(values, self.shape), dtype=self.dtype)
        check_call(_LIB.MXNDArraySyncCopyFromCPU(
            self.handle, values.ctypes.data_as(ctypes.c_void_p), ctypes.c_size_t(values.size)))

    def copy(self):
        return invoke("identity", [self])

    def copyto(self, other):
        """Copies into an array, or into a new one on a device."""
        if isinstance(other, NDArray):
            other[:] = self
            return other
        return array(self, ctx=other)

    def as_in_context(self, context):
        return self if context == self.context else array(self, ctx=context)

    def astype(self, dtype):
        return invoke("Cast", [self], dtype=dtype)

    def wait_to_read(self):
        """Operators have ended when their call returns: there is nothing to wait for."""

    # --- parts and views ---

    def _rows(self, begin, end):
        handle = NDArrayHandle()
        check_call(_LIB.MXNDArraySlice(self.handle, mx_uint(begin), mx_uint(end), ctypes.byref(handle)))
        return NDArray(handle)

    def __getitem__(self, key):
        """Views for an index or a slice of the first axis; copies for everything else."""
        if isinstance(key, numbers.Integral):
            index = int(key) + (len(self) if key < 0 else 0)
            if not 0 <= index < len(self):
                raise IndexError("index %d of an array of shape %s" % (key, self.shape))
            handle = NDArrayHandle()
            check_call(_LIB.MXNDArrayAt(self.handle, mx_uint(index), ctypes.byref(handle)))
            return NDArray(handle)
        if isinstance(key, slice) and key.step in (None, 1):
            begin, end, _ = key.indices(len(self))
            return self._rows(begin, max(begin, end))
        return array(self.asnumpy()[key], dtype=self.dtype)

    def __setitem__(self, key, value):
        if isinstance(key, slice) and key == slice(None):
            if isinstance(value, NDArray) and value.shape == self.shape and value.dtype == self.dtype:
                invoke("identity", [value], out=self)
            else:
                self._fill(value.asnumpy() if isinstance(value, NDArray) else value)
        elif isinstance(key, numbers.Integral) or (isinstance(key, slice) and key.step in (None, 1)):
            self[key][:] = value
        else:
            whole = self.asnumpy()
            whole[key] = value.asnumpy() if isinstance(value, NDArray) else value
            self._fill(whole)

    def reshape(self, shape):
        """A view of another shape; one length may be -1."""
        lengths = (shape,) if isinstance(shape, numbers.Integral) else tuple(shape)
        handle = NDArrayHandle()
        check_call(_LIB.MXNDArrayReshape(
            self.handle, ctypes.c_int(len(lengths)), (ctypes.c_int * len(lengths))(*lengths), ctypes.byref(handle)))
        return NDArray(handle)

    def transpose(self, *axes):
        return invoke("transpose", [self], axes=axes)

    @property
    def T(self):
        return self.transpose()

    # --- arithmetic ---

    __add__ = __radd__ = _operator("plus")
    __iadd__ = _operator("plus", in_place=True)
    __sub__ = _operator("minus")
    __rsub__ = _operator("minus", swapped=True)
    __isub__ = _operator("minus", in_place=True)
    __mul__ = __rmul__ = _operator("mul")
    __imul__ = _operator("mul", in_place=True)
    __truediv__ = _operator("div")
    __rtruediv__ = _operator("div", swapped=True)
    __itruediv__ = _operator("div", in_place=True)
    __mod__ = _operator("mod")
    __rmod__ = _operator("mod", swapped=True)
    __pow__ = _operator("power")
    __rpow__ = _operator("power", swapped=True)
    __eq__ = _operator("equal")
    __ne__ = _operator("not_equal")
    __gt__ = _operator("greater")
    __ge__ = _operator("greater_equal")
    __lt__ = _operator("lesser")
    __le__ = _operator("lesser_equal")
    __hash__ = object.__hash__

    def __neg__(self):
        return invoke("_mul_scalar", [self], scalar=-1.0)

    def __abs__(self):
        return invoke("abs", [self])

    sum = _folding("sum")
    mean = _folding("mean")
    max = _folding("max")
    min = _folding("min")
    prod = _folding("prod")
    norm = _folding("norm")
    argmax = _folding("argmax")
    argmin = _folding("argmin")


def empty(shape, ctx=None, dtype=None):
    """An array whose elements are not set."""
    lengths = (shape,) if isinstance(shape, numbers.Integral) else tuple(shape)
    context = Context(ctx or cpu())
    if context.device_type == "gpu":
        return _gpu().empty(lengths, context, dtype)
    dtype = np.dtype(dtype or np.float32)
    if dtype not in _NUMBERS:
        raise TypeError("arrays hold %s, not %s" % (", ".join(sorted(map(str, _NUMBERS))), dtype))
    handle = NDArrayHandle()
    check_call(_LIB.MXNDArrayCreateEx(
        (mx_uint * len(lengths))(*lengths), mx_uint(len(lengths)), ctypes.c_int(context.device_typeid),
        ctypes.c_int(context.device_id), ctypes.c_int(0), ctypes.c_int(_NUMBERS[dtype]), ctypes.byref(handle)))
    return NDArray(handle)


def array(source, ctx=None, dtype=None):
    """A copy of a list, a numpy array (both float32 unless told otherwise) or an NDArray (its own type)."""
    if isinstance(source, NDArray):
        dtype = dtype or source.dtype
        source = source.asnumpy()
    values = np.ascontiguousarray(source, dtype=dtype or np.float32)
    made = empty(values.shape, ctx, values.dtype)
    made._fill(values)
    return made


def _made(name, shape, ctx, dtype, **attributes):
    lengths = (shape,) if isinstance(shape, numbers.Integral) else tuple(shape)
    return invoke(name, [], ctx=ctx, shape=lengths, dtype=dtype or np.float32, **attributes)


def zeros(shape, ctx=None, dtype=None):
    return _made("_zeros", shape, ctx, dtype)


def ones(shape, ctx=None, dtype=None):
    return _made("_ones", shape, ctx, dtype)


def full(shape, val, ctx=None, dtype=None):
    return _made("_full", shape, ctx, dtype, value=val)


def arange(start, stop=None, step=1.0, ctx=None, dtype=None):
    start, stop = (0, start) if stop is None else (start, stop)
    return invoke("_arange", [], ctx=ctx, start=start, stop=stop, step=step, dtype=dtype or np.float32)


def waitall():
    check_call(_LIB.MXNDArrayWaitAll())
