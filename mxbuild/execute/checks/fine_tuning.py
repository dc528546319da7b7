"""Fine-tuning: a trained checkpoint, saved and loaded, gives the features for a new task; then all weights learn it.

The data is made here: points around eight centres, told apart by four classes first, then by two others.
"""

import importlib
import os
import sys

import numpy as np

mx = importlib.import_module(sys.argv[1])
rng = np.random.RandomState(3)
CENTRES = rng.randn(8, 6) * 2
WHICH = np.arange(128) % 8
DATA = (CENTRES[WHICH] + 0.3 * rng.randn(128, 6)).astype("float32")
FIRST, SECOND = (WHICH % 4).astype("float32"), (WHICH // 2 % 2).astype("float32")
BATCH = 32


def normal(*shape):
    """Weights to start with, always the same."""
    return mx.nd.array(rng.randn(*shape) * 0.3)


def batches(label):
    """The data with a task's label, always in the same order."""
    return mx.io.NDArrayIter(DATA, label, batch_size=BATCH)


def learn(net, weights, label, passes, fixed=()):
    """A Module that has learned the label, starting from the weights and leaving the fixed ones alone."""
    module, data = mx.mod.Module(net, fixed_param_names=list(fixed)), batches(label)
    module.bind(data.provide_data, data.provide_label)
    module.set_params(weights, {})
    module.init_optimizer(kvstore=None, optimizer="sgd", optimizer_params={"learning_rate": 0.2})
    for _ in range(passes):
        data.reset()
        for batch in data:
            module.forward_backward(batch)
            module.update()
    return module


def loss(module, label):
    """Mean cross-entropy of a Module's answers."""
    answers = module.predict(batches(label)).asnumpy()
    return -np.log(answers[np.arange(len(label)), label.astype(int)] + 1e-9).mean()


def numbers(weights):
    return {name: value.asnumpy() for name, value in weights.items()}


body = mx.sym.FullyConnected(mx.sym.Variable("data"), num_hidden=12, name="fc1")
body = mx.sym.Activation(body, act_type="relu", name="relu1")
net = mx.sym.SoftmaxOutput(mx.sym.FullyConnected(body, num_hidden=4, name="fc2"), name="softmax")
start = {"fc1_weight": normal(12, 6), "fc1_bias": normal(12), "fc2_weight": normal(4, 12), "fc2_bias": normal(4)}
trained = learn(net, start, FIRST, 6)
before = loss(trained, FIRST)
if not before < 0.4:
    sys.exit("the first task was not learned: loss %.3f" % before)

trained.save_checkpoint(os.path.abspath("trained"), 6)
symbol, weights, states = mx.model.load_checkpoint(os.path.abspath("trained"), 6)
kept = numbers(trained.get_params()[0])
if symbol.tojson() != net.tojson() or states or sorted(weights) != sorted(kept):
    sys.exit("the checkpoint came back with other symbols or names: %s" % sorted(weights))
other = [name for name, value in sorted(numbers(weights).items()) if (value != kept[name]).any()]
if other:
    sys.exit("the checkpoint came back with another %s" % ", ".join(other))

layers = symbol.get_internals()
if "relu1_output" not in layers.list_outputs():
    sys.exit("the layers that came back are %s" % layers.list_outputs())
features = mx.mod.Module(layers["relu1_output"], label_names=None)
features.bind([("data", (BATCH, 6))], for_training=False)
features.set_params({name: weights[name] for name in ("fc1_weight", "fc1_bias")}, {})
seen = features.predict(batches(FIRST)).asnumpy()
wanted = np.maximum(DATA.dot(kept["fc1_weight"].T) + kept["fc1_bias"], 0)
if seen.shape != wanted.shape or not abs(seen - wanted).max() < 1e-4:
    sys.exit("the features are not numpy's")

head = mx.sym.FullyConnected(layers["relu1_output"], num_hidden=2, name="new")
head = mx.sym.SoftmaxOutput(head, name="softmax")
fresh = dict(((n, weights[n]) for n in ("fc1_weight", "fc1_bias")), new_weight=normal(2, 12), new_bias=normal(2))
frozen = learn(head, fresh, SECOND, 3, fixed=("fc1_weight", "fc1_bias"))
middle, held = loss(frozen, SECOND), numbers(frozen.get_params()[0])
moved = [name for name in ("fc1_weight", "fc1_bias") if (held[name] != kept[name]).any()]
if moved:
    sys.exit("%s moved while the new layer alone was to learn" % ", ".join(moved))
tuned = learn(head, frozen.get_params()[0], SECOND, 12)
after, ended = loss(tuned, SECOND), numbers(tuned.get_params()[0])
still = [name for name in sorted(ended) if (ended[name] == held[name]).all()]
if still:
    sys.exit("%s stayed as they were while all were to learn" % ", ".join(still))
right = ((tuned.predict(batches(SECOND)).asnumpy().argmax(axis=1)) == SECOND).mean()
if not (after < middle / 2 and right > 0.95):
    sys.exit("loss %.3f with the new layer alone, %.3f with all; %.0f %% right" % (middle, after, 100 * right))
print("loss %.2f with a new layer, %.2f with all weights, %.0f %% right" % (middle, after, 100 * right))
