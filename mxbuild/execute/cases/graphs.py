"""Graphs: bound and run, saved and loaded, trained, and with loops in them."""

import json

import numpy as np
from mxbuild_cases import _reference
from mxbuild_cases._declare import case, floats, found, whole


def perceptron(mx):
    hidden = mx.sym.FullyConnected(data=mx.sym.Variable("data"), num_hidden=6, name="one")
    hidden = mx.sym.Activation(data=hidden, act_type="tanh", name="bend")
    return mx.sym.FullyConnected(data=hidden, num_hidden=3, name="two")


def weights(random):
    shapes = (("one_weight", (6, 4)), ("one_bias", (6,)), ("two_weight", (3, 6)), ("two_bias", (3,)))
    return {name: floats(random, *shape) for name, shape in shapes}


def by_numpy(x, w):
    hidden = np.tanh(x.dot(w["one_weight"].T) + w["one_bias"])
    return hidden.dot(w["two_weight"].T) + w["two_bias"]


@case("sym.FullyConnected", "sym.Activation")
def executor(mx, random):
    x, w, head = floats(random, 5, 4), weights(random), floats(random, 5, 3)
    bound = perceptron(mx).simple_bind(mx.cpu(), data=x.shape)
    for name, value in w.items():
        bound.arg_dict[name][:] = value
    bound.arg_dict["data"][:] = x
    y = bound.forward(is_train=True)[0].asnumpy()
    bound.backward(mx.nd.array(head))
    hidden = np.tanh(x.dot(w["one_weight"].T) + w["one_bias"])
    inner = head.dot(w["two_weight"]) * (1 - hidden**2)
    return {
        "y": (y, by_numpy(x, w)),
        "two_weight": (bound.grad_dict["two_weight"].asnumpy(), head.T.dot(hidden)),
        "one_weight": (bound.grad_dict["one_weight"].asnumpy(), inner.T.dot(x)),
        "data": (bound.grad_dict["data"].asnumpy(), inner.dot(w["one_weight"])),
    }


@case("sym.load_json", "sym.Group", "sym.SoftmaxOutput")
def graph_through_json(mx, random):
    net = perceptron(mx)
    net = mx.sym.Group([net, mx.sym.BlockGrad(net.get_internals()["bend_output"])])
    again = mx.sym.load_json(net.tojson())
    x, w = floats(random, 5, 4), weights(random)
    arguments = {name: mx.nd.array(value) for name, value in dict(w, data=x).items()}
    y, hidden = (each.asnumpy() for each in again.bind(mx.cpu(), arguments).forward())
    _, shapes, _ = again.infer_shape(data=x.shape)
    kinds = sorted(node["op"] for node in json.loads(net.tojson())["nodes"] if node["op"] != "null")
    assert "FullyConnected" in kinds, kinds
    return {
        "y": (y, by_numpy(x, w)),
        "hidden": (hidden, np.tanh(x.dot(w["one_weight"].T) + w["one_bias"])),
        "shapes": (np.array(shapes), np.array([[5, 3], [5, 6]])),
    }


@case("nd.save", "nd.load")
def arrays_through_a_file(mx, random):
    x, y = floats(random, 3, 4), random.randint(0, 100, (2, 2)).astype("int32")
    mx.nd.save("arrays", {"x": mx.nd.array(x), "y": mx.nd.array(y, dtype="int32")})
    named = mx.nd.load("arrays")
    mx.nd.save("list", [mx.nd.array(x)])
    return {
        "x": (named["x"].asnumpy(), x),
        "y": (named["y"].asnumpy(), y),
        "list": (mx.nd.load("list")[0].asnumpy(), x),
    }


@case("nd.save", "nd.cast_storage")
def sparse_arrays_through_a_file(mx, random):
    x = np.where(random.uniform(size=(4, 5)) < 0.4, floats(random, 4, 5), 0).astype("float32")
    mx.nd.save("sparse", {kind: mx.nd.cast_storage(mx.nd.array(x), stype=kind) for kind in ("csr", "row_sparse")})
    loaded = mx.nd.load("sparse")
    return {kind: (loaded[kind].asnumpy(), x) for kind in ("csr", "row_sparse")}


@case("mod.Module", "model.load_checkpoint", "sym.SoftmaxOutput")
def module_and_checkpoint(mx, random):
    """Three steps of SGD on a batch, the checkpoint that is written then, and what it says when it is read back."""
    x, label, w = floats(random, 8, 4), whole(random, 3, 8), weights(random)
    net = mx.sym.SoftmaxOutput(perceptron(mx), name="softmax")
    module = mx.mod.Module(net, context=mx.cpu())
    module.bind(data_shapes=[("data", (8, 4))], label_shapes=[("softmax_label", (8,))])
    module.init_params(arg_params={name: mx.nd.array(value) for name, value in w.items()}, aux_params={})
    module.init_optimizer(optimizer="sgd", optimizer_params={"learning_rate": 0.1, "momentum": 0.9})
    batch = mx.io.DataBatch([mx.nd.array(x)], [mx.nd.array(label)])
    for _ in range(3):
        module.forward(batch, is_train=True)
        module.backward()
        module.update()
    module.forward(batch, is_train=False)
    module.save_checkpoint("module", 3)
    symbol, arguments, _ = mx.model.load_checkpoint("module", 3)
    bound = symbol.bind(mx.cpu(), dict(arguments, data=mx.nd.array(x), softmax_label=mx.nd.array(label)))
    again = bound.forward()[0].asnumpy()
    trained = {name: value.asnumpy() for name, value in arguments.items()}
    return {
        "weight": trained["two_weight"],
        "y": (module.get_outputs()[0].asnumpy(), _reference.softmax(by_numpy(x, trained))),
        "again": (again, _reference.softmax(by_numpy(x, trained))),
    }


@case("gluon.nn.HybridSequential", "gluon.Trainer", "autograd.record")
def gluon_training(mx, random):
    """Two steps of Adam on a hybridised network."""
    net = mx.gluon.nn.HybridSequential()
    with net.name_scope():
        net.add(mx.gluon.nn.Dense(5, activation="relu", in_units=4))
        net.add(mx.gluon.nn.Dense(3, in_units=5))
    net.initialize()
    for _, parameter in sorted(net.collect_params().items()):
        parameter.set_data(mx.nd.array(floats(random, *parameter.shape)))
    net.hybridize()
    loss_of = mx.gluon.loss.SoftmaxCrossEntropyLoss()
    trainer = mx.gluon.Trainer(net.collect_params(), "adam", {"learning_rate": 0.01})
    x, label, losses = mx.nd.array(floats(random, 6, 4)), mx.nd.array(whole(random, 3, 6)), []
    for _ in range(2):
        with mx.autograd.record():
            loss = loss_of(net(x), label)
        loss.backward()
        trainer.step(6)
        losses.append(loss.asnumpy())
    return {"losses": np.stack(losses), "y": net(x).asnumpy()}


@case("nd.sgd_update", "nd.sgd_mom_update", "nd.adam_update", "nd.rmsprop_update")
def optimizer_operators(mx, random):
    w, g = floats(random, 4, 3), floats(random, 4, 3)
    a, b = mx.nd.array(w), mx.nd.array(g)
    zero = [mx.nd.zeros((4, 3)) for _ in range(4)]
    mean, variance = 0.1 * g, 0.001 * g * g
    return {
        "sgd": (mx.nd.sgd_update(a, b, lr=0.1, wd=0.01).asnumpy(), (1 - 0.1 * 0.01) * w - 0.1 * g),
        "momentum": (mx.nd.sgd_mom_update(a, b, zero[0], lr=0.1, momentum=0.9).asnumpy(), w - 0.1 * g),
        "adam": (
            mx.nd.adam_update(a, b, zero[1], zero[2], lr=0.1).asnumpy(),
            w - 0.1 * mean / (np.sqrt(variance) + 1e-8),
        ),
        "rmsprop": mx.nd.rmsprop_update(a, b, zero[3], lr=0.1).asnumpy(),
    }


@case("nd.contrib.foreach", "nd.contrib.while_loop", "nd.contrib.cond")
def control_flow(mx, random):
    x = floats(random, 4, 3)
    sums, _ = mx.nd.contrib.foreach(lambda row, state: (row + state, row + state), mx.nd.array(x), mx.nd.zeros((3,)))
    steps, last = mx.nd.contrib.while_loop(
        lambda i, total: i < 5,
        lambda i, total: (total, (i + 1, total + i)),
        (mx.nd.array([0]), mx.nd.array([0])),
        max_iterations=8,
    )
    chosen = mx.nd.contrib.cond(mx.nd.array([1]), lambda: mx.nd.array([2, 3]), lambda: mx.nd.array([4, 5]))
    return {
        "foreach": (sums.asnumpy(), x.cumsum(0)),
        "while": (last[1].asnumpy(), np.array([10], "float32")),
        "steps": (
            (steps[0] if isinstance(steps, list) else steps).asnumpy()[:5, 0],
            np.array([0, 0, 1, 3, 6], "float32"),
        ),
        "cond": (chosen.asnumpy(), np.array([2, 3], "float32")),
    }


@case("sym.contrib.foreach")
def control_flow_in_a_graph(mx, random):
    x = floats(random, 4, 3)
    foreach = found(mx, "sym.contrib.foreach")
    body = lambda row, state: (mx.sym.tanh(row + state), mx.sym.tanh(row + state))  # noqa: E731
    outputs, _ = foreach(body, mx.sym.Variable("data"), mx.sym.Variable("state"))
    bound = outputs.bind(mx.cpu(), {"data": mx.nd.array(x), "state": mx.nd.zeros((3,))})
    state, wanted = np.zeros(3), []
    for row in x:
        state = np.tanh(row + state)
        wanted.append(state)
    return {"outputs": (bound.forward()[0].asnumpy(), np.stack(wanted).astype("float32"))}
