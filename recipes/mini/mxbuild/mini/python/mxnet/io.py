# SPDX-License-Identifier: Apache-2.0
"""Batches out of arrays."""
from collections import namedtuple

import numpy as np

from mxnet.ndarray import NDArray, array


class DataDesc(namedtuple("DataDesc", ["name", "shape"])):
    """Name and shape of what a batch holds."""

    def __new__(cls, name, shape, dtype=np.float32, layout="NCHW"):
        made = super(DataDesc, cls).__new__(cls, name, tuple(shape))
        made.dtype = dtype
        made.layout = layout
        return made


class DataBatch(object):
    """Some rows of data and label; the last `pad` of them only fill the batch up."""

    def __init__(self, data, label=None, pad=None, index=None, provide_data=None, provide_label=None):
        self.data = data
        self.label = label
        self.pad = pad
        self.index = index
        self.provide_data = provide_data
        self.provide_label = provide_label


def _named(source, name):
    """[(name, numpy array)] of an array, a list of arrays, or a dict."""
    if source is None:
        return []
    if isinstance(source, (np.ndarray, NDArray)):
        source = [source]
    if isinstance(source, (list, tuple)):
        names = [name] if len(source) == 1 else ["_%d_%s" % (i, name) for i in range(len(source))]
        source = dict(zip(names, source))
    return [(key, value.asnumpy() if isinstance(value, NDArray) else np.asarray(value)) for key, value in source.items()]


class NDArrayIter(object):
    """Iterates over the rows of arrays.

    last_batch_handle: what becomes of rows that fill no batch: "pad" (filled up from the
    beginning), "discard", or "roll_over" (they begin the next pass).
    """

    def __init__(self, data, label=None, batch_size=1, shuffle=False, last_batch_handle="pad", data_name="data",
                 label_name="softmax_label"):
        self.data = _named(data, data_name)
        self.label = _named(label, label_name)
        lengths = {len(value) for _, value in self.data + self.label}
        if len(lengths) != 1:
            raise ValueError("data and label have different numbers of rows: %s" % sorted(lengths))
        self.num_data = lengths.pop()
        if self.num_data < batch_size:
            raise ValueError("%d rows for batches of %d" % (self.num_data, batch_size))
        if last_batch_handle not in ("pad", "discard", "roll_over"):
            raise ValueError("last_batch_handle is pad, discard or roll_over, not %r" % (last_batch_handle,))
        self.batch_size = batch_size
        self.last_batch_handle = last_batch_handle
        self.idx = np.random.permutation(self.num_data) if shuffle else np.arange(self.num_data)
        self.cursor = -batch_size

    def _descriptions(self, sources):
        return [DataDesc(key, (self.batch_size,) + value.shape[1:], np.dtype(value.dtype)) for key, value in sources]

    @property
    def provide_data(self):
        return self._descriptions(self.data)

    @property
    def provide_label(self):
        return self._descriptions(self.label)

    def reset(self):
        """Starts again from the first row, or where the last pass rolled over."""
        rolled = self.last_batch_handle == "roll_over" and self.cursor > self.num_data
        self.cursor = -self.batch_size + (self.cursor % self.num_data % self.batch_size if rolled else 0)

    def hard_reset(self):
        self.cursor = -self.batch_size

    def iter_next(self):
        self.cursor += self.batch_size
        last = self.cursor + self.batch_size
        return last <= self.num_data if self.last_batch_handle == "discard" else self.cursor < self.num_data

    def _rows(self, sources):
        places = self.idx[np.arange(self.cursor, self.cursor + self.batch_size) % self.num_data]
        return [array(value[places]) for _, value in sources]

    def getdata(self):
        return self._rows(self.data)

    def getlabel(self):
        return self._rows(self.label)

    def getpad(self):
        """How many rows at the end only fill the batch up."""
        if self.last_batch_handle != "pad":
            return 0
        return max(0, self.cursor + self.batch_size - self.num_data)

    def next(self):
        if not self.iter_next():
            raise StopIteration
        return DataBatch(self.getdata(), self.getlabel(), self.getpad(), None, self.provide_data, self.provide_label)

    __next__ = next

    def __iter__(self):
        return self
