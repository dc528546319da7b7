# SPDX-License-Identifier: Apache-2.0
"""Graphs of layers, to be bound to arrays and run."""
from mxnet.symbol import layers
from mxnet.symbol.symbol import Group, Symbol, Variable, compose

__all__ = ["Custom", "Group", "Symbol", "Variable", "flatten", "make_loss", "var"]


def _function(layer):
    def call(*inputs, **attributes):
        return compose(layer, inputs, attributes)

    call.__name__ = layer.name
    call.__doc__ = layer.__doc__
    return call


for _layer in layers.LAYERS:
    globals()[_layer.name] = _function(_layer())
    __all__.append(_layer.name)

var = Variable
make_loss = globals()["MakeLoss"]
flatten = globals()["Flatten"]
broadcast_add = globals()["broadcast_plus"]
broadcast_sub = globals()["broadcast_minus"]


def Custom(*inputs, **attributes):  # noqa: N802
    """A registered Python operator: op_type names it, other attributes go to its CustomOpProp."""
    given = {key: attributes.pop(key) for key in list(attributes) if isinstance(attributes[key], Symbol) or key == "name"}
    return compose(layers.Custom(attributes), inputs, given)
