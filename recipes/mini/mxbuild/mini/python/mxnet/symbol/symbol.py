# SPDX-License-Identifier: Apache-2.0
"""Symbol: one or more outputs of a graph of layers and variables."""
import ctypes
import json
import numbers

from mxnet.base import _LIB, check_call, mx_uint
from mxnet.ndarray import zeros


class Node(object):
    """A variable (layer is None) or a layer, with the (node, output) pairs it takes."""

    def __init__(self, layer, name, attributes=None, inputs=()):
        self.layer = layer
        self.name = name
        self.attributes = attributes or {}
        self.inputs = list(inputs)

    def outputs(self):
        return ["output"] if self.layer is None else self.layer.outputs()


class _Names(object):
    """Names for layers that were given none: fullyconnected0, fullyconnected1 ..."""

    counts = {}

    @classmethod
    def new(cls, layer):
        hint = layer.name.lower().lstrip("_")
        number = cls.counts.get(hint, 0)
        cls.counts[hint] = number + 1
        return "%s%d" % (hint, number)


def Variable(name, shape=None, dtype=None, **attributes):  # noqa: N802
    """A symbol for an array that is given when the graph is bound."""
    attributes = dict(attributes, **({} if shape is None else {"shape": tuple(shape)}))
    return Symbol([(Node(None, name, attributes), 0)])


def Group(symbols):  # noqa: N802
    """One symbol with the outputs of several."""
    return Symbol([head for symbol in symbols for head in symbol.heads])


def compose(layer, inputs, attributes):
    """A new layer on top of others; arguments that are not given become variables named after it."""
    attributes = dict(attributes)
    name = attributes.pop("name", None) or _Names.new(layer)
    given = {key: attributes.pop(key) for key in list(attributes) if isinstance(attributes[key], Symbol)}
    names = layer.arguments(attributes)
    if len(inputs) > len(names):
        raise TypeError("%s takes %d inputs (%s), not %d" % (layer.name, len(names), ", ".join(names), len(inputs)))
    given.update(zip(names, inputs))
    unknown = sorted(set(given) - set(names))
    if unknown:
        raise TypeError("%s has no input %s; it has %s" % (layer.name, ", ".join(unknown), ", ".join(names)))
    node = Node(layer, name, attributes)
    for key in names:
        source = given.get(key)
        if source is None:
            source = Variable("%s_%s" % (name, key))
        if not isinstance(source, Symbol) or len(source.heads) != 1:
            raise TypeError("%s takes symbols with one output; %s is none" % (layer.name, key))
        node.inputs.append(source.heads[0])
    return Symbol([(node, index) for index in range(len(node.outputs()))])


def _binary(layer, scalar_layer, swapped_layer=None):
    def method(self, other):
        from mxnet.symbol import layers

        if isinstance(other, Symbol):
            return compose(getattr(layers, layer)(), [self, other], {})
        if isinstance(other, numbers.Number):
            return compose(getattr(layers, swapped_layer or scalar_layer)(), [self], {"scalar": float(other)})
        return NotImplemented

    return method


class Symbol(object):
    """Outputs of a graph: a list of (node, number of its output)."""

    def __init__(self, heads):
        self.heads = heads

    @property
    def name(self):
        """The name of the layer, None for a group."""
        return self.heads[0][0].name if len({id(node) for node, _ in self.heads}) == 1 else None

    def __repr__(self):
        return "<Symbol %s>" % (self.name or ", ".join(node.name for node, _ in self.heads))

    def __len__(self):
        return len(self.heads)

    def __getitem__(self, key):
        if not isinstance(key, numbers.Integral):
            key = self.list_outputs().index(key)
        return Symbol([self.heads[key]])

    def __iter__(self):
        return (Symbol([head]) for head in self.heads)

    # --- the graph ---

    def nodes(self):
        """All nodes, each after those it takes its inputs from (the library puts them in order)."""
        found, seen = [], set()

        def visit(node):
            if id(node) not in seen:
                seen.add(id(node))
                for source, _ in node.inputs:
                    visit(source)
                found.append(node)

        for node, _ in self.heads:
            visit(node)
        place = {id(node): number for number, node in enumerate(found)}
        edges = [(place[id(source)], place[id(node)]) for node in found for source, _ in node.inputs]
        order = (mx_uint * len(found))()
        check_call(_LIB.MXGraphOrder(
            mx_uint(len(found)), mx_uint(len(edges)), (mx_uint * len(edges))(*[a for a, _ in edges]),
            (mx_uint * len(edges))(*[b for _, b in edges]), order))
        return [found[number] for number in order]

    def list_arguments(self):
        """Names of the variables, in the order in which the graph comes to them."""
        return [node.name for node in self.nodes() if node.layer is None]

    def list_outputs(self):
        return [
            node.name if node.layer is None else "%s_%s" % (node.name, node.outputs()[index]) for node, index in self.heads]

    def list_auxiliary_states(self):
        return []

    def get_internals(self):
        """A group of the outputs of every node."""
        return Symbol([(node, index) for node in self.nodes() for index in range(len(node.outputs()))])

    def tojson(self):
        """The graph as JSON text: nodes with op, name, attrs and inputs, and the heads."""
        nodes = self.nodes()
        place = {id(node): number for number, node in enumerate(nodes)}
        listed = [
            {
                "op": "null" if node.layer is None else node.layer.name,
                "name": node.name,
                "attrs": {key: str(value) for key, value in sorted(node.attributes.items())},
                "inputs": [[place[id(source)], index, 0] for source, index in node.inputs],
            }
            for node in nodes]
        heads = [[place[id(node)], index, 0] for node, index in self.heads]
        return json.dumps({"nodes": listed, "arg_nodes": [i for i, n in enumerate(nodes) if n.layer is None], "heads": heads})

    # --- shapes ---

    def shapes(self, known):
        """{(node, output): shape} for all nodes, from the shapes of some variables; None: not known."""
        found = {}
        for node in self.nodes():
            if node.layer is None:
                found[node, 0] = tuple(known[node.name]) if node.name in known else node.attributes.get("shape")
                continue
            inputs, outputs = node.layer.infer_shape(node.attributes, [found[source] for source in node.inputs])
            for source, shape in zip(node.inputs, inputs):
                if found[source] is None:
                    found[source] = shape
                elif shape is not None and tuple(found[source]) != tuple(shape):
                    raise ValueError(
                        "%s: %s has shape %s, needed is %s" % (node.name, source[0].name, found[source], shape))
            for index, shape in enumerate(outputs):
                found[node, index] = shape
        return found

    def infer_shape(self, **known):
        """(shapes of the arguments, of the outputs, of the auxiliary states); three times None if not all are known."""
        found = self.shapes(known)
        arguments = [found[node, 0] for node in self.nodes() if node.layer is None]
        outputs = [found[head] for head in self.heads]
        if None in arguments or None in outputs:
            return None, None, None
        return arguments, outputs, []

    # --- running it ---

    def bind(self, ctx, args, args_grad=None, grad_req="write", aux_states=None):
        """An executor on arrays that the caller made: lists in the order of list_arguments(), or dicts."""
        from mxnet.executor import Executor

        names = self.list_arguments()
        args = dict(zip(names, args)) if isinstance(args, (list, tuple)) else dict(args)
        missing = [name for name in names if name not in args]
        if missing:
            raise ValueError("no array for " + ", ".join(missing))
        if isinstance(args_grad, (list, tuple)):
            args_grad = dict(zip(names, args_grad))
        return Executor(self, ctx, args, dict(args_grad or {}), grad_req)

    def simple_bind(self, ctx, grad_req="write", type_dict=None, **shapes):
        """An executor on new arrays of zeros; shapes that follow from others need not be given."""
        found, _, _ = self.infer_shape(**shapes)
        names = self.list_arguments()
        if found is None:
            known = self.shapes(shapes)
            lost = [node.name for node in self.nodes() if node.layer is None and known[node, 0] is None]
            raise ValueError("the shape of %s is not known" % ", ".join(lost))
        types = type_dict or {}
        args = {name: zeros(shape, ctx, types.get(name)) for name, shape in zip(names, found)}
        grads = {name: zeros(shape, ctx, types.get(name)) for name, shape in zip(names, found)}
        return self.bind(ctx, args, grads, grad_req)

    def eval(self, ctx=None, **args):
        """The outputs for these arrays."""
        return self.bind(ctx, args, grad_req="null").forward()

    # --- arithmetic ---

    __add__ = __radd__ = _binary("Plus", "PlusScalar")
    __sub__ = _binary("Minus", "MinusScalar")
    __rsub__ = _binary("Minus", "MinusScalar", "ScalarMinus")
    __mul__ = __rmul__ = _binary("Mul", "MulScalar")
    __truediv__ = _binary("Div", "DivScalar")
    __rtruediv__ = _binary("Div", "DivScalar", "ScalarDiv")
    __pow__ = _binary("Power", "PowerScalar")

    def __neg__(self):
        return self * -1.0
