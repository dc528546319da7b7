# SPDX-License-Identifier: Apache-2.0
"""Executor: a graph bound to its arrays."""
from mxnet.context import Context, cpu
from mxnet.ndarray import NDArray, invoke


class Executor(object):
    """Runs a graph forward and backward; made by Symbol.bind and Symbol.simple_bind."""

    def __init__(self, symbol, ctx, args, grads, grad_req):
        self._symbol = symbol
        self._nodes = symbol.nodes()
        self._names = symbol.list_arguments()
        self._context = Context(ctx or cpu())
        if isinstance(grad_req, str):
            grad_req = dict.fromkeys(self._names, grad_req)
        elif isinstance(grad_req, (list, tuple)):
            grad_req = dict(zip(self._names, grad_req))
        unknown = set(grad_req.values()) - {"write", "add", "null"}
        if unknown:
            raise ValueError("grad_req is write, add or null, not %s" % ", ".join(sorted(unknown)))
        self._requests = grad_req
        self.arg_dict = {name: args[name] for name in self._names}
        self.grad_dict = {
            name: grads.get(name) if grad_req.get(name, "null") != "null" else None for name in self._names}
        self.aux_dict = {}
        self.outputs = []
        self._values = {}
        self._kept = {}

    @property
    def arg_arrays(self):
        return [self.arg_dict[name] for name in self._names]

    @property
    def grad_arrays(self):
        return [self.grad_dict[name] for name in self._names]

    @property
    def output_dict(self):
        return dict(zip(self._symbol.list_outputs(), self.outputs))

    def forward(self, is_train=False, **inputs):
        """Computes and returns the outputs; `inputs` are copied into the arguments of these names first."""
        for name, value in inputs.items():
            if name not in self.arg_dict:
                raise TypeError("the graph has no argument %s" % name)
            self.arg_dict[name][:] = value
        self._values = {}
        for node in self._nodes:
            if node.layer is None:
                self._values[node, 0] = self.arg_dict[node.name]
                continue
            sources = [self._values[source] for source in node.inputs]
            if node not in self._kept:
                self._kept[node] = node.layer.start(
                    self._context, node.attributes, [source.shape for source in sources],
                    [source.dtype for source in sources])
            for index, value in enumerate(node.layer.forward(node.attributes, sources, is_train, self._kept[node])):
                self._values[node, index] = value
        self.outputs = [self._values[head] for head in self._symbol.heads]
        return self.outputs

    def backward(self, out_grads=None):
        """Puts gradients into grad_dict; out_grads: those of the outputs (1 everywhere where there are none)."""
        if not self._values:
            raise ValueError("backward comes after forward")
        if isinstance(out_grads, NDArray):
            out_grads = [out_grads]
        grads = {}
        for number, head in enumerate(self._symbol.heads):
            self._add(grads, head, out_grads[number] if out_grads else invoke("ones_like", [self._values[head]]))
        for node in reversed(self._nodes):
            places = [(node, index) for index in range(len(node.outputs()))]
            if node.layer is None or not any(place in grads for place in places):
                continue
            given = [grads[place] if place in grads else invoke("zeros_like", [self._values[place]]) for place in places]
            found = node.layer.backward(
                node.attributes, given, [self._values[source] for source in node.inputs],
                [self._values[place] for place in places], self._kept[node])
            for source, grad in zip(node.inputs, found):
                if grad is not None:
                    self._add(grads, source, grad)
        for node in self._nodes:
            if node.layer is None:
                self._store(node.name, grads.get((node, 0)))

    @staticmethod
    def _add(grads, place, grad):
        grads[place] = grads[place] + grad if place in grads else grad

    def _store(self, name, grad):
        target = self.grad_dict[name]
        if target is None:
            return
        if self._requests[name] == "write":
            target[:] = 0 if grad is None else grad
        elif grad is not None:
            target += grad
