"""The operator in C++ against the one in Python. Only a library that was built with cpp/ has it."""

import os
import unittest

import mxbuild_template  # noqa: F401 - the one in Python
import mxnet as mx
import numpy as np
from mxnet.test_utils import check_numeric_gradient

HERE = os.path.dirname(os.path.abspath(__file__))
RNG = np.random.RandomState(1)
DATA = RNG.randn(5, 3).astype("float32")
SLOPE = RNG.uniform(0.5, 2, 3).astype("float32")
HEAD = RNG.randn(5, 3).astype("float32")


def run(net, kind):
    """Output and gradients of one step; gradients are added to ones."""
    executor = net.simple_bind(mx.cpu(), limit_data=DATA.shape, grad_req="add", type_dict={"limit_data": kind})
    executor.arg_dict["limit_data"][:], executor.arg_dict["limit_slope"][:] = DATA, SLOPE
    for grad in executor.grad_dict.values():
        grad[:] = 1
    output = executor.forward(is_train=True)[0].asnumpy()
    executor.backward(mx.nd.array(HEAD, dtype=kind))
    return output, executor.grad_dict["limit_data"].asnumpy(), executor.grad_dict["limit_slope"].asnumpy()


@unittest.skipUnless(
    hasattr(mx.sym, "mxbuild_template"),
    "this library has no mxbuild_template; mxbuild install RECIPE --extra-operators %s/cpp builds one" % HERE,
)
class MxbuildTemplateCppTest(unittest.TestCase):
    def test_it_is_the_one_in_python(self):
        for kind in ("float32", "float64"):
            one = run(mx.sym.mxbuild_template(name="limit"), kind)
            other = run(mx.sym.Custom(op_type="mxbuild_template", name="limit"), kind)
            for seen, wanted in zip(one, other):
                self.assertEqual(seen.dtype, np.dtype(kind))
                np.testing.assert_allclose(seen, wanted, rtol=1e-4, atol=1e-6)

    def test_backward_is_the_numeric_gradient(self):
        where = {"limit_data": DATA, "limit_slope": SLOPE}
        net = mx.sym.mxbuild_template(name="limit")
        check_numeric_gradient(net, where, numeric_eps=1e-2, rtol=5e-2, atol=1e-2)

    def test_a_shape_that_does_not_fit_is_refused(self):
        with self.assertRaises(mx.base.MXNetError):
            mx.nd.mxbuild_template(mx.nd.ones((2, 3)), mx.nd.ones((4,))).asnumpy()


if __name__ == "__main__":
    unittest.main()
