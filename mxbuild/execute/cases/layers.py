"""Layers with weights but without windows, and activations."""

import numpy as np
from mxbuild_cases import _reference
from mxbuild_cases._declare import case, floats, found, whole


@case("nd.FullyConnected")
def dense(mx, random):
    x, w, b = floats(random, 3, 5), floats(random, 4, 5), floats(random, 4)
    a = [mx.nd.array(each) for each in (x, w, b)]
    return {
        "biased": (mx.nd.FullyConnected(*a, num_hidden=4).asnumpy(), x.dot(w.T) + b),
        "plain": (mx.nd.FullyConnected(*a[:2], num_hidden=4, no_bias=True).asnumpy(), x.dot(w.T)),
    }


@case("nd.FullyConnected")
def dense_of_more_axes(mx, random):
    x, w = floats(random, 2, 3, 4), floats(random, 5, 12)
    y = mx.nd.FullyConnected(mx.nd.array(x), mx.nd.array(w), num_hidden=5, no_bias=True)
    return {"flattened": (y.asnumpy(), x.reshape(2, 12).dot(w.T))}


@case("nd.relu", "nd.sigmoid", "nd.tanh")
def elementwise_activations(mx, random):
    x = 3 * floats(random, 4, 6)
    a = mx.nd.array(x)
    return {
        "relu": (mx.nd.relu(a).asnumpy(), x.clip(0)),
        "sigmoid": (mx.nd.sigmoid(a).asnumpy(), _reference.sigmoid(x)),
        "tanh": (mx.nd.tanh(a).asnumpy(), np.tanh(x)),
    }


@case("nd.Activation")
def activation(mx, random):
    x = 3 * floats(random, 4, 6)
    a = mx.nd.array(x)
    return {
        "relu": (mx.nd.Activation(a, act_type="relu").asnumpy(), x.clip(0)),
        "sigmoid": (mx.nd.Activation(a, act_type="sigmoid").asnumpy(), _reference.sigmoid(x)),
        "tanh": (mx.nd.Activation(a, act_type="tanh").asnumpy(), np.tanh(x)),
        "softrelu": (mx.nd.Activation(a, act_type="softrelu").asnumpy(), np.log1p(np.exp(x))),
    }


@case("nd.LeakyReLU")
def leaky_relu(mx, random):
    x = floats(random, 2, 3, 4)
    a = mx.nd.array(x)
    return {
        "leaky": (mx.nd.LeakyReLU(a, act_type="leaky", slope=0.1).asnumpy(), np.where(x > 0, x, 0.1 * x)),
        "elu": (mx.nd.LeakyReLU(a, act_type="elu", slope=0.5).asnumpy(), np.where(x > 0, x, 0.5 * np.expm1(x))),
    }


@case("sym.LeakyReLU")
def prelu(mx, random):
    """As a graph: not every release can be called with the slopes."""
    x, slopes = floats(random, 2, 3, 4), np.array([0.1, 0.2, 0.3], "float32")
    net = mx.sym.LeakyReLU(data=mx.sym.Variable("data"), act_type="prelu", name="bend")
    arguments = {"data": mx.nd.array(x), "bend_gamma": mx.nd.array(slopes)}
    y = net.bind(mx.cpu(), arguments).forward()[0].asnumpy()
    return {"bent": (y, np.where(x > 0, x, slopes.reshape(1, 3, 1) * x))}


@case("nd.softmax", "nd.log_softmax")
def softmax(mx, random):
    x = 4 * floats(random, 3, 5)
    a = mx.nd.array(x)
    return {
        "softmax": (mx.nd.softmax(a).asnumpy(), _reference.softmax(x)),
        "log": (mx.nd.log_softmax(a).asnumpy(), np.log(_reference.softmax(x))),
    }


@case("nd.SoftmaxOutput", "nd.SoftmaxActivation")
def softmax_layers(mx, random):
    x = floats(random, 2, 3, 4)
    a, label = mx.nd.array(x), mx.nd.array(whole(random, 3, 2, 4))
    return {
        "axis": (mx.nd.softmax(a, axis=1).asnumpy(), _reference.softmax(x, 1)),
        "channels": (mx.nd.SoftmaxActivation(a, mode="channel").asnumpy(), _reference.softmax(x, 1)),
        "output": (mx.nd.SoftmaxOutput(a, label, multi_output=True).asnumpy(), _reference.softmax(x, 1)),
    }


@case("nd.Embedding")
def embedding(mx, random):
    words, table = whole(random, 7, 2, 5), floats(random, 7, 3)
    y = mx.nd.Embedding(mx.nd.array(words), mx.nd.array(table), input_dim=7, output_dim=3)
    return {"vectors": (y.asnumpy(), table[words.astype(int)])}


@case("nd.Dropout")
def dropout_in_inference(mx, random):
    x = floats(random, 4, 5)
    return {"unchanged": (mx.nd.Dropout(mx.nd.array(x), p=0.5).asnumpy(), x)}


@case("nd.smooth_l1", "nd.softmax_cross_entropy")
def losses(mx, random):
    x, label = 2 * floats(random, 4, 3), whole(random, 3, 4)
    near = np.where(abs(x) < 1, 0.5 * x * x, abs(x) - 0.5)
    entropy = -np.log(_reference.softmax(x)[np.arange(4), label.astype(int)]).sum().reshape(1)
    return {
        "smooth_l1": (mx.nd.smooth_l1(mx.nd.array(x), scalar=1.0).asnumpy(), near),
        "cross_entropy": (mx.nd.softmax_cross_entropy(mx.nd.array(x), mx.nd.array(label)).asnumpy(), entropy),
    }


@case("nd.ctc_loss|nd.contrib.ctc_loss|contrib.nd.ctc_loss", rtol=1e-3)
def ctc_loss(mx, random):
    loss = found(mx, "nd.ctc_loss|nd.contrib.ctc_loss|contrib.nd.ctc_loss")
    x = mx.nd.array(floats(random, 6, 2, 4))
    result = loss(x, mx.nd.array([[1, 2, 0], [3, 1, 1]]))
    return {"loss": (result[0] if isinstance(result, list) else result).asnumpy()}
