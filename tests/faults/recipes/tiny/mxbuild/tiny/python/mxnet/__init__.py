"""The smallest package whose library can be asked for its release."""

import ctypes
import os

__version__ = "0.1.0"
LIBRARY = ctypes.CDLL(os.path.join(os.path.dirname(os.path.abspath(__file__)), "libmxnet.so"))
