"""A whole pass of NDArrayIter gives every row once, in order, and pads the last batch."""

import importlib
import sys

import numpy as np

mx = importlib.import_module(sys.argv[1])
data, label = np.arange(50, dtype="float32").reshape(10, 5), np.arange(10, dtype="float32")
batches = mx.io.NDArrayIter(data, label, batch_size=4, last_batch_handle="pad")
rows, labels, pads = [], [], []
for batch in batches:
    good = 4 - batch.pad
    if batch.data[0].shape != (4, 5):
        sys.exit("a batch of shape %s" % (batch.data[0].shape,))
    rows.append(batch.data[0].asnumpy()[:good])
    labels.append(batch.label[0].asnumpy()[:good])
    pads.append(batch.pad)
if pads != [0, 0, 2]:
    sys.exit("padded by %s" % pads)
if (np.concatenate(rows) != data).any() or (np.concatenate(labels) != label).any():
    sys.exit("the rows came back altered")
print("10 rows in 3 batches of 4, padded by 2")
