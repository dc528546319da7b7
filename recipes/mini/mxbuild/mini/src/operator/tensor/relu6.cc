// SPDX-License-Identifier: Apache-2.0
// An operator of the library in kernels/, where the build has it.
#if MXNET_USE_KERNELS
#include <kernels/kernels.h>

#include <mini/op.h>

namespace mini {

namespace {

void relu6(const graph::Attrs&, const Arrays& in, const NDArray& out) {
  CORE_CHECK(out.type() == in[0].type()) << "relu6 keeps the type";
  mini_kernels_relu6(in[0].data<float>(), out.data<float>(), out.size());
}

}  // namespace

MINI_OP("relu6", relu6).inputs(1).shapes(graph::like_first);

}  // namespace mini
#endif  // MXNET_USE_KERNELS
