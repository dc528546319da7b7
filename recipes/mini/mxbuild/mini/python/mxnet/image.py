# SPDX-License-Identifier: Apache-2.0
"""Reading images, with OpenCV."""
import numpy as np

from mxnet.ndarray import NDArray, array, invoke


def imdecode(buf, flag=1, to_rgb=True, out=None):
    """The image in a file's bytes as uint8 array of shape (height, width, channels).

    flag: 1 for three channels, 0 for grey; to_rgb: red first, where OpenCV has blue first.
    """
    if not isinstance(buf, NDArray):
        buf = array(np.frombuffer(buf, dtype=np.uint8), dtype=np.uint8)
    return invoke("_cvimdecode", [buf], out=out, flag=int(flag), to_rgb=bool(to_rgb))


def imread(filename, flag=1, to_rgb=True, out=None):
    with open(filename, "rb") as file:
        return imdecode(file.read(), flag, to_rgb, out)
