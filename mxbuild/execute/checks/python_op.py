"""PythonOp, the base of NumpyOp and NDArrayOp where the release has them: what it does where nothing is overridden."""

import importlib
import os
import runpy
import sys
import types

import numpy as np

mx = importlib.import_module(sys.argv[1])
beside = os.path.join(os.path.dirname(os.path.abspath(__file__)), "python_operators.py")
operators = types.SimpleNamespace(**runpy.run_path(beside))
found = {name: operators.family(mx, name) for name in operators.NATIVE}
derived = {name: base for name, base in found.items() if base is not None}
own = getattr(mx.operator, "PythonOp", None)
if own is None and not derived:
    print("this release has no PythonOp")
    sys.exit()
strangers = [name for name, base in sorted(derived.items()) if own is None or not issubclass(base, own)]
if strangers:
    sys.exit("%s: not derived from PythonOp" % ", ".join(strangers))
try:
    own()(mx.sym.Variable("data"))
except NotImplementedError:
    pass
else:
    sys.exit("PythonOp itself made a symbol")
for name, base in sorted(derived.items()):
    net = base()(name="bare")
    names = net.list_arguments(), net.list_outputs()
    if names != (["bare_data"], ["bare_output"]):
        sys.exit("%s: its arguments are %s, its outputs %s" % (name, names[0], names[1]))
    outputs, grads = operators.run(mx, net, {"bare_data": operators.LHS}, operators.HEADS[:1])
    operators.same("what a bare %s lets through" % name, outputs[0], operators.LHS)
    operators.same("the gradient of a bare %s" % name, grads["bare_data"], np.ones((3, 4)))
print("%s without a line of their own: data as it is, a gradient of ones" % " and ".join(sorted(derived)))
