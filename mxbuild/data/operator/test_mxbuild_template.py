"""python -m unittest -v, in an environment that has MXNet. pytest takes this file as well."""

import unittest

import mxbuild_template  # noqa: F401 - makes the operator known
import mxnet as mx
import numpy as np
from mxnet.test_utils import check_numeric_gradient

RNG = np.random.RandomState(0)
DATA = RNG.randn(4, 3).astype("float32")
SLOPE = RNG.uniform(0.5, 2, 3).astype("float32")


def symbol():
    return mx.sym.Custom(op_type="mxbuild_template", name="limit")


class MxbuildTemplateTest(unittest.TestCase):
    def test_forward_is_the_formula(self):
        seen = mx.nd.Custom(mx.nd.array(DATA), mx.nd.array(SLOPE), op_type="mxbuild_template").asnumpy()
        np.testing.assert_allclose(seen, DATA / (1 + SLOPE * abs(DATA)), rtol=1e-5)

    def test_backward_is_the_numeric_gradient(self):
        """Of a random projection of the output, by each argument: a wrong backward fails here."""
        where = {"limit_data": DATA, "limit_slope": SLOPE}
        check_numeric_gradient(symbol(), where, numeric_eps=1e-2, rtol=5e-2, atol=1e-2)

    def test_names_shapes_and_types_follow(self):
        net = symbol()
        self.assertEqual(net.list_arguments(), ["limit_data", "limit_slope"])
        self.assertEqual(net.list_outputs(), ["limit_output"])
        self.assertEqual(net.infer_shape(limit_data=(4, 3))[:2], ([(4, 3), (3,)], [(4, 3)]))
        types, outputs, _ = net.infer_type(limit_data="float64")
        self.assertEqual({np.dtype(t) for t in types + outputs}, {np.dtype("float64")})

    def test_gradients_are_added_where_that_is_asked_for(self):
        executor = symbol().simple_bind(mx.cpu(), limit_data=DATA.shape, grad_req="add")
        executor.arg_dict["limit_data"][:], executor.arg_dict["limit_slope"][:] = DATA, SLOPE
        for grad in executor.grad_dict.values():
            grad[:] = 1
        executor.forward(is_train=True)
        executor.backward(mx.nd.ones(DATA.shape))
        wanted = 1 + 1 / (1 + SLOPE * abs(DATA)) ** 2
        np.testing.assert_allclose(executor.grad_dict["limit_data"].asnumpy(), wanted, rtol=1e-5)


if __name__ == "__main__":
    unittest.main()
