# SPDX-License-Identifier: Apache-2.0
import socket

import mxnet as mx


def test_download():
    """As upstream's tests that fetch data from hosts which are gone."""
    socket.create_connection(("data.example.invalid", 80), 5)
    assert mx.nd.ones((1,)).asscalar() == 1
