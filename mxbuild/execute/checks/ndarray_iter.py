"""Two whole passes of NDArrayIter give every row and label in order, and fill the last batch up from the front."""

import importlib
import sys

import numpy as np

mx = importlib.import_module(sys.argv[1])
data, label = np.arange(60, dtype="float32").reshape(10, 2, 3), np.arange(10, dtype="float32") * 10
batches = mx.io.NDArrayIter(data, label, batch_size=4, last_batch_handle="pad")
order = np.arange(12) % 10
for turn in (1, 2):
    seen = list(batches)
    shapes = [batch.data[0].shape for batch in seen]
    if shapes != [(4, 2, 3)] * 3:
        sys.exit("batches of %s in pass %d" % (shapes, turn))
    pads = [batch.pad for batch in seen]
    if pads != [0, 0, 2]:
        sys.exit("filled up by %s in pass %d" % (pads, turn))
    rows = np.concatenate([batch.data[0].asnumpy() for batch in seen])
    labels = np.concatenate([batch.label[0].asnumpy() for batch in seen])
    if (rows != data[order]).any() or (labels != label[order]).any():
        sys.exit("other rows came back in pass %d: %s" % (turn, (labels / 10).tolist()))
    batches.reset()
print("2 passes over 10 rows in batches of 4, the last one filled up by 2")
