# SPDX-License-Identifier: Apache-2.0
import os

import mxnet as mx


def test_before():
    assert mx.nd.ones((2, 2)).asnumpy().sum() == 4


def test_abort():
    """As a failed check in a thread of the engine, which ends the process."""
    mx.nd.waitall()
    os.abort()


def test_after():
    assert mx.nd.zeros((2, 2)).asnumpy().sum() == 0
