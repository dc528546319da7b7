"""A PNG of four pixels decodes to its four colours, in RGB order."""

import base64
import importlib
import sys

import numpy as np

PNG = "iVBORw0KGgoAAAANSUhEUgAAAAIAAAACCAIAAAD91JpzAAAAE0lEQVR42mP4z8DAAMIM/7lE5AAaWAM64pJu2QAAAABJRU5ErkJggg=="
PIXELS = [[[255, 0, 0], [0, 255, 0]], [[0, 0, 255], [10, 20, 30]]]

mx = importlib.import_module(sys.argv[1])
image = mx.image.imdecode(base64.b64decode(PNG)).asnumpy()
if image.shape != (2, 2, 3) or (image != np.array(PIXELS)).any():
    sys.exit("decoded to %s" % image.tolist())
print("2x2 PNG: every pixel right")
