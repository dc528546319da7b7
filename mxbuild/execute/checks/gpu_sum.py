"""An array on the GPU, one added to each element, summed there."""

import importlib
import sys

mx = importlib.import_module(sys.argv[1])
a = mx.nd.ones((2, 2), mx.gpu()) + 1
if a.context != mx.gpu():
    sys.exit("the array is on %s, not on %s" % (a.context, mx.gpu()))
total = float(a.sum().asnumpy().reshape(-1)[0])
if total != 8.0:
    sys.exit("four times 1 + 1 on %s is %g, not 8" % (mx.gpu(), total))
print("four times 1 + 1 on %s is 8" % mx.gpu())
