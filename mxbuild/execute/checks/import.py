"""The package imports."""

import importlib
import sys

module = importlib.import_module(sys.argv[1])
print(module.__file__)
