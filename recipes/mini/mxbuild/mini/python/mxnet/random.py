# SPDX-License-Identifier: Apache-2.0
"""Random arrays; the same seed gives the same arrays, whatever the number of threads."""
import ctypes

from mxnet.base import _LIB, check_call
from mxnet.ndarray import random_normal as normal
from mxnet.ndarray import random_uniform as uniform

__all__ = ["normal", "seed", "uniform"]


def seed(seed_state):
    """Starts all random streams of the library anew."""
    check_call(_LIB.MXRandomSeed(ctypes.c_int(int(seed_state))))
