"""A small network is drawn: mx.viz.plot_network, rendered to SVG by graphviz's dot."""

import importlib
import sys

mx = importlib.import_module(sys.argv[1])
net = mx.sym.Variable("data")
net = mx.sym.FullyConnected(data=net, name="fc1", num_hidden=8)
net = mx.sym.Activation(data=net, name="relu1", act_type="relu")
net = mx.sym.SoftmaxOutput(data=net, name="softmax")
drawing = mx.viz.plot_network(net, shape={"data": (2, 4)})
svg = drawing.pipe(format="svg").decode("utf-8")
missing = [name for name in ("fc1", "relu1", "softmax") if name not in drawing.source or name not in svg]
if "<svg" not in svg or missing:
    sys.exit("the drawing lacks %s" % (", ".join(missing) or "SVG"))
print("fc1, relu1, softmax: %d bytes of SVG" % len(svg))
