"""An operator of its own, written in Python: mxbuild_template gives x / (1 + slope * |x|).

It lets small values through and flattens large ones; there is one slope for each column, and it is learned like any
weight. Importing this file makes the operator known:

    mx.nd.Custom(data, slope, op_type="mxbuild_template")
    mx.sym.Custom(data=..., slope=..., op_type="mxbuild_template", name="limit")
"""

import mxnet as mx


class MxbuildTemplate(mx.operator.CustomOp):
    """Computes.

    What it is handed are NDArrays, and NDArrays are all it uses: they are queued, so nothing here waits. asnumpy()
    works as well, and waits.
    """

    def forward(self, is_train, req, in_data, out_data, aux):
        data, slope = in_data
        self.assign(out_data[0], req[0], data / below(data, slope))

    def backward(self, req, out_grad, in_data, out_data, in_grad, aux):
        data, slope = in_data
        # d out / d data = 1 / below ** 2, and d out / d slope = -data * |data| / below ** 2, for each row.
        grad = out_grad[0] / below(data, slope) ** 2
        self.assign(in_grad[0], req[0], grad)
        self.assign(in_grad[1], req[1], -mx.nd.sum(grad * data * mx.nd.abs(data), axis=0))


def below(data, slope):
    """What is divided by."""
    return 1 + mx.nd.broadcast_mul(mx.nd.abs(data), slope.reshape((1, -1)))


@mx.operator.register("mxbuild_template")
class MxbuildTemplateProp(mx.operator.CustomOpProp):
    """Describes it. Arguments of `Custom` that are no arrays would reach __init__ as text."""

    def __init__(self):
        # False for a loss, which starts the gradient itself: its backward is handed no out_grad.
        super(MxbuildTemplateProp, self).__init__(need_top_grad=True)

    def list_arguments(self):
        return ["data", "slope"]

    def list_outputs(self):
        return ["output"]

    def infer_shape(self, in_shape):
        """(shapes of the arguments, of the outputs, of auxiliary states). The slope's follows from the data's."""
        data = in_shape[0]
        if len(data) != 2:
            raise ValueError("data has to have rows and columns, but its shape is %s" % (data,))
        return [data, (data[1],)], [data], []

    def infer_type(self, in_type):
        """As infer_shape: float64 data makes it all float64."""
        return [in_type[0]] * 2, [in_type[0]], []

    def create_operator(self, ctx, in_shapes, in_dtypes):
        return MxbuildTemplate()
