"""Recurrent networks: cell by cell as graphs, gluon's cells, and the fused operator."""

import numpy as np
from mxbuild_cases import _reference
from mxbuild_cases._declare import case, floats


def unrolled(mx, random, cell, gates):
    """Three steps of a cell of four units over data of (2, 3, 5), unrolled into a graph."""
    outputs, _ = cell.unroll(3, inputs=mx.sym.Variable("data"), layout="NTC", merge_outputs=True)
    x = floats(random, 2, 3, 5)
    values = {"data": x}
    shapes = {
        "i2h_weight": (4 * gates, 5),
        "h2h_weight": (4 * gates, 4),
        "i2h_bias": (4 * gates,),
        "h2h_bias": (4 * gates,),
    }
    for name, shape in sorted(shapes.items()):
        values["cell_" + name] = floats(random, *shape)
    for name in outputs.list_arguments():
        if name not in values:  # the states at the beginning, where they are no constants
            values[name] = np.zeros((2, 4), "float32")
    executor = outputs.bind(mx.cpu(), {name: mx.nd.array(values[name]) for name in outputs.list_arguments()})
    return executor.forward()[0].asnumpy(), x, values


def gate_inputs(values, x, h, part):
    """What a gate (or all of them) sees of the input and of the state before."""
    rows = slice(4 * part, 4 * part + 4)
    seen = x.dot(values["cell_i2h_weight"][rows].T) + values["cell_i2h_bias"][rows]
    return seen, h.dot(values["cell_h2h_weight"][rows].T) + values["cell_h2h_bias"][rows]


@case("rnn.RNNCell")
def rnn_cell(mx, random):
    y, x, values = unrolled(mx, random, mx.rnn.RNNCell(4, prefix="cell_"), 1)
    h, wanted = np.zeros((2, 4)), []
    for t in range(3):
        h = np.tanh(sum(gate_inputs(values, x[:, t], h, 0)))
        wanted.append(h)
    return {"outputs": (y, np.stack(wanted, 1).astype("float32"))}


@case("rnn.LSTMCell")
def lstm_cell(mx, random):
    y, x, values = unrolled(mx, random, mx.rnn.LSTMCell(4, prefix="cell_", forget_bias=0.0), 4)
    h, c, wanted = np.zeros((2, 4)), np.zeros((2, 4)), []
    for t in range(3):
        enter, forget, change, out = [sum(gate_inputs(values, x[:, t], h, part)) for part in range(4)]
        c = _reference.sigmoid(forget) * c + _reference.sigmoid(enter) * np.tanh(change)
        h = _reference.sigmoid(out) * np.tanh(c)
        wanted.append(h)
    return {"outputs": (y, np.stack(wanted, 1).astype("float32"))}


@case("rnn.GRUCell")
def gru_cell(mx, random):
    y, x, values = unrolled(mx, random, mx.rnn.GRUCell(4, prefix="cell_"), 3)
    h, wanted = np.zeros((2, 4)), []
    for t in range(3):
        reset, update = [_reference.sigmoid(sum(gate_inputs(values, x[:, t], h, part))) for part in range(2)]
        seen, remembered = gate_inputs(values, x[:, t], h, 2)
        h = (1 - update) * np.tanh(seen + reset * remembered) + update * h
        wanted.append(h)
    return {"outputs": (y, np.stack(wanted, 1).astype("float32"))}


@case("gluon.rnn.LSTMCell", "autograd.record")
def gluon_lstm_cell(mx, random):
    cell = mx.gluon.rnn.LSTMCell(3, input_size=4)
    cell.initialize()
    for _, parameter in sorted(cell.collect_params().items()):
        parameter.set_data(mx.nd.array(floats(random, *parameter.shape)))
    x = mx.nd.array(floats(random, 2, 5, 4))
    with mx.autograd.record():
        outputs, states = cell.unroll(5, x, layout="NTC", merge_outputs=True)
        loss = mx.nd.sum(outputs * outputs)
    loss.backward()
    return {
        "outputs": outputs.asnumpy(),
        "state": states[1].asnumpy(),
        "gradient": cell.i2h_weight.grad().asnumpy(),
    }


def fused(mx, random, mode, gates):
    """Three steps of a layer of five units; the library lays all weights out in one array."""
    x, h = mx.nd.array(floats(random, 3, 2, 4)), mx.nd.zeros((1, 2, 5))
    weights = mx.nd.array(floats(random, gates * 5 * (4 + 5 + 2)))
    given = [x, weights, h] + ([h] if mode == "lstm" else [])
    y = mx.nd.RNN(*given, state_size=5, num_layers=1, mode=mode, state_outputs=True)
    return {"outputs": y[0].asnumpy(), "state": y[1].asnumpy()}


@case("nd.RNN")
def fused_lstm(mx, random):
    return fused(mx, random, "lstm", 4)


@case("nd.RNN")
def fused_gru(mx, random):
    return fused(mx, random, "gru", 3)


@case("nd.RNN")
def fused_rnn(mx, random):
    return fused(mx, random, "rnn_tanh", 1)
