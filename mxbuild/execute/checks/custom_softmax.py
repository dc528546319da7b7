"""A custom Softmax operator gives numpy's values forward and backward."""

import importlib
import os
import sys

mx = importlib.import_module(sys.argv[1])
sys.path.append(os.path.dirname(os.path.abspath(__file__)))  # python -I leaves it out
importlib.import_module("softmax_operator").compare(mx, mx.cpu())
print("forward and backward are numpy's")
