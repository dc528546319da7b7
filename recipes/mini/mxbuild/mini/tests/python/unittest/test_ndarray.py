# SPDX-License-Identifier: Apache-2.0
import unittest

import mxnet as mx
import numpy as np
from common import sys  # noqa: F401 - leads to shapes
from mxnet.test_utils import assert_almost_equal, rand_ndarray
from shapes import SMALL


def test_add():
    for shape in SMALL:
        one, two = rand_ndarray(shape), rand_ndarray(shape)
        assert_almost_equal((one + two).asnumpy(), one.asnumpy() + two.asnumpy())


def test_dot():
    one, two = rand_ndarray((3, 4)), rand_ndarray((4, 2))
    assert_almost_equal(mx.nd.dot(one, two).asnumpy(), np.dot(one.asnumpy(), two.asnumpy()), rtol=1e-4)


@unittest.skip("there is one device only")
def test_two_devices():
    raise AssertionError("never run")
