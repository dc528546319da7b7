// SPDX-License-Identifier: Apache-2.0
#include <core/parallel.h>
#include <mini/blas.h>
#include <mini/op.h>

namespace mini {

namespace {

// data (rows, ...), weight (num_hidden, columns), bias (num_hidden) unless no_bias
graph::Shape dense_shape(const graph::Attrs& attrs, const graph::Shapes& in) {
  CORE_CHECK(in[0].ndim() >= 1 && in[1].ndim() == 2) << "data " << in[0].text() << ", weight " << in[1].text();
  const std::uint32_t rows = in[0][0], hidden = in[1][0];
  CORE_CHECK(in[0].elements(1, in[0].ndim()) == in[1][1]) << "data " << in[0].text() << ", weight " << in[1].text();
  CORE_CHECK(hidden == attrs.integer("num_hidden", hidden))
      << "weight " << in[1].text() << " with num_hidden=" << attrs.text("num_hidden", "");
  const bool bias = !attrs.flag("no_bias", false);
  CORE_CHECK(in.size() == (bias ? 3u : 2u)) << (bias ? "a bias is needed" : "no bias is wanted");
  CORE_CHECK(!bias || in[2] == graph::Shape{hidden}) << "weight " << in[1].text() << ", bias " << in[2].text();
  return graph::Shape{rows, hidden};
}

void dense(const graph::Attrs&, const Arrays& in, const NDArray& out) {
  const std::size_t rows = out.shape()[0], hidden = out.shape()[1], columns = in[1].shape()[1];
  if (out.size() == 0) return;
  CORE_CHECK(columns > 0) << "data without columns";
  MINI_REAL_SWITCH(out.type(), T, {
    T* to = out.data<T>();
    gemm(false, true, rows, hidden, columns, in[0].data<T>(), in[1].data<T>(), to);
    if (in.size() == 3) {
      const T* bias = in[2].data<T>();
      core::parallel(rows, out.size(), [=](std::ptrdiff_t r) {
        for (std::size_t h = 0; h < hidden; ++h) to[r * hidden + h] += bias[h];
      });
    }
  })
}

}  // namespace

MINI_OP("FullyConnected", dense).inputs(2, 3).shapes(dense_shape);

}  // namespace mini
