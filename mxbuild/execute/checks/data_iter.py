"""A DataIter of one's own: MXNet's base class makes its batches, and a Module predicts over it, without the padding."""

import importlib
import sys

import numpy as np

mx = importlib.import_module(sys.argv[1])
ROWS, BATCH = 7, 3
TABLE = np.random.RandomState(0).randn(ROWS, 2).astype("float32")


class Table(mx.io.DataIter):
    """Rows of TABLE with their numbers as labels, in batches; the last batch is filled up from the front."""

    def __init__(self):
        super(Table, self).__init__(BATCH)
        self.provide_data = [mx.io.DataDesc("data", (BATCH, 2))]
        self.provide_label = [mx.io.DataDesc("softmax_label", (BATCH,))]
        self.reset()

    def reset(self):
        self.at = -BATCH

    def iter_next(self):
        self.at += BATCH
        return self.at < ROWS

    def rows(self):
        return np.arange(self.at, self.at + BATCH) % ROWS

    def getdata(self):
        return [mx.nd.array(TABLE[self.rows()])]

    def getlabel(self):
        return [mx.nd.array(self.rows())]

    def getpad(self):
        return max(0, self.at + BATCH - ROWS)

    def getindex(self):
        return self.rows()


table = Table()
if table.batch_size != BATCH:
    sys.exit("its batch size is %s, not %d" % (table.batch_size, BATCH))
order = np.arange(9) % ROWS
for turn in (1, 2):
    batches = list(table)
    pads = [batch.pad for batch in batches]
    if pads != [0, 0, 2]:
        sys.exit("filled up by %s in pass %d" % (pads, turn))
    data = np.concatenate([batch.data[0].asnumpy() for batch in batches])
    label = np.concatenate([batch.label[0].asnumpy() for batch in batches])
    index = np.concatenate([batch.index for batch in batches])
    if data.shape != (9, 2) or (data != TABLE[order]).any() or (label != order).any() or (index != order).any():
        sys.exit("other rows came back in pass %d: %s" % (turn, label.tolist()))
    table.reset()

weight, bias = np.array([[1, 2], [3, 4]], dtype="float32"), np.array([10, 20], dtype="float32")
net = mx.sym.FullyConnected(mx.sym.Variable("data"), num_hidden=2, name="fc")
module = mx.mod.Module(net, label_names=None)
module.bind(table.provide_data, for_training=False)
module.set_params({"fc_weight": mx.nd.array(weight), "fc_bias": mx.nd.array(bias)}, {})
seen = module.predict(table).asnumpy()
if seen.shape != (ROWS, 2):
    sys.exit("%d rows predicted to %s" % (ROWS, seen.shape))
worst = abs(seen - (TABLE.dot(weight.T) + bias)).max()
if not worst < 1e-4:
    sys.exit("the Module's prediction differs from numpy by %g" % worst)
print("2 passes over 7 rows in batches of 3, and a Module's prediction of each")
