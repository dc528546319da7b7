# SPDX-License-Identifier: Apache-2.0
"""mini: a small array library with the interface of MXNet, as far as it goes. It is not MXNet."""
from mxnet import base, context, executor, image, io, libinfo, operator, random, test_utils
from mxnet import ndarray, symbol, visualization
from mxnet import ndarray as nd
from mxnet import symbol as sym
from mxnet import visualization as viz
from mxnet.base import MXNetError
from mxnet.context import Context, cpu, current_context, gpu
from mxnet.libinfo import __version__

__all__ = [
    "Context", "MXNetError", "__version__", "base", "context", "cpu", "current_context", "executor", "gpu", "image", "io",
    "libinfo", "nd", "ndarray", "operator", "random", "sym", "symbol", "test_utils", "visualization", "viz",
]
