"""A convolution on the GPU gives the CPU's answer."""

import importlib
import sys

import numpy as np

mx = importlib.import_module(sys.argv[1])
rng = np.random.RandomState(0)
data = rng.rand(2, 3, 17, 19).astype("float32")
weight, bias = rng.randn(4, 3, 3, 5).astype("float32"), rng.randn(4).astype("float32")


def convolved(device):
    """The same convolution on a device, as numpy array."""
    named = {"data": data, "weight": weight, "bias": bias}
    arrays = {name: mx.nd.array(values, device) for name, values in named.items()}
    output = mx.nd.Convolution(kernel=(3, 5), stride=(2, 1), pad=(1, 2), num_filter=4, **arrays)
    if output.context != device:
        sys.exit("the result is on %s, not on %s" % (output.context, device))
    return output.asnumpy()


ours, reference = convolved(mx.gpu()), convolved(mx.cpu())
if ours.shape != (2, 4, 9, 19) or ours.shape != reference.shape:
    sys.exit("shape %s on the GPU, %s on the CPU" % (ours.shape, reference.shape))
if not abs(reference).max() > 1:
    sys.exit("the CPU's answer is nothing but zeros")
worst = abs(ours - reference).max()
# A GPU of 2020 or later may round the factors to 10 bits (TF32).
if not worst < 2e-2:
    sys.exit("the GPU differs from the CPU by %g" % worst)
print("3x5 kernels on 2x3x17x19: within %.0e of the CPU" % max(worst, 1e-7))
