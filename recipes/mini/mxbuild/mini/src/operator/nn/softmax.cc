// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <cmath>

#include <core/parallel.h>
#include <mini/op.h>

namespace mini {

namespace {

// exp(x) / sum(exp(x)) along the attribute `axis`, or its logarithm.
template <bool Logarithm>
void softmax(const graph::Attrs& attrs, const Arrays& in, const NDArray& out) {
  const graph::Shape& shape = out.shape();
  const int axis = graph::real_axis(attrs.integer("axis", -1), shape.ndim());
  const std::ptrdiff_t outer = static_cast<std::ptrdiff_t>(shape.elements(0, axis));
  const std::ptrdiff_t length = shape[axis];
  const std::ptrdiff_t inner = static_cast<std::ptrdiff_t>(shape.elements(axis + 1, shape.ndim()));
  if (out.size() == 0) return;
  MINI_REAL_SWITCH(out.type(), T, {
    const T* from = in[0].data<T>();
    T* to = out.data<T>();
    core::parallel(outer * inner, out.size(), [=](std::ptrdiff_t run) {
      const std::ptrdiff_t start = run / inner * length * inner + run % inner;
      T largest = from[start];
      for (std::ptrdiff_t i = 1; i < length; ++i) largest = std::max(largest, from[start + i * inner]);
      double sum = 0;
      for (std::ptrdiff_t i = 0; i < length; ++i) sum += std::exp(static_cast<double>(from[start + i * inner] - largest));
      for (std::ptrdiff_t i = 0; i < length; ++i) {
        const double shifted = static_cast<double>(from[start + i * inner] - largest);
        to[start + i * inner] = static_cast<T>(Logarithm ? shifted - std::log(sum) : std::exp(shifted) / sum);
      }
    });
  })
}

}  // namespace

MINI_OP("softmax", softmax<false>).inputs(1).shapes(graph::like_first);
MINI_OP("log_softmax", softmax<true>).inputs(1).shapes(graph::like_first);

}  // namespace mini
