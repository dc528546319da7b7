"""Operators written as NDArrayOp, where the release has it, give numpy's values forward and backward."""

import importlib
import os
import sys

mx = importlib.import_module(sys.argv[1])
sys.path.append(os.path.dirname(os.path.abspath(__file__)))  # python -I leaves it out
print(importlib.import_module("python_operators").compare(mx, "NDArrayOp"))
