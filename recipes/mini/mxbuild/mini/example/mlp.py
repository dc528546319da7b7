# SPDX-License-Identifier: Apache-2.0
"""Trains two dense layers to tell two clouds of points apart."""
import mxnet as mx
import numpy as np

rng = np.random.RandomState(7)
points = np.concatenate([rng.normal(-1, 0.6, (128, 2)), rng.normal(1, 0.6, (128, 2))]).astype(np.float32)
labels = np.repeat([0, 1], 128).astype(np.float32)

net = mx.sym.FullyConnected(mx.sym.Variable("data"), num_hidden=8, name="fc1")
net = mx.sym.FullyConnected(mx.sym.Activation(net, act_type="tanh", name="tanh1"), num_hidden=2, name="fc2")
net = mx.sym.SoftmaxOutput(net, name="softmax")
executor = net.simple_bind(mx.cpu(), data=(32, 2), softmax_label=(32,))
weights = [name for name in net.list_arguments() if name not in ("data", "softmax_label")]
for name in weights:
    executor.arg_dict[name][:] = rng.normal(0, 0.3, executor.arg_dict[name].shape)

batches = mx.io.NDArrayIter(points, labels, batch_size=32, shuffle=True)
for epoch in range(10):
    right = 0
    batches.reset()
    for batch in batches:
        executor.forward(is_train=True, data=batch.data[0], softmax_label=batch.label[0])
        executor.backward()
        right += int((executor.outputs[0].asnumpy().argmax(axis=1) == batch.label[0].asnumpy()).sum())
        for name in weights:
            executor.arg_dict[name][:] -= executor.grad_dict[name] * (0.5 / 32)
    print("epoch %d: %d of %d right" % (epoch, right, len(points)))
