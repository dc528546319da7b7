// SPDX-License-Identifier: Apache-2.0
#ifndef MINI_SRC_OPERATOR_TENSOR_UNARY_H_
#define MINI_SRC_OPERATOR_TENSOR_UNARY_H_

#include <core/parallel.h>
#include <mini/op.h>

namespace mini {

// out[i] = Function()(in[i]) for every element.
template <typename Function>
void unary(const graph::Attrs&, const Arrays& in, const NDArray& out) {
  MINI_REAL_SWITCH(out.type(), T, {
    const T* from = in[0].data<T>();
    T* to = out.data<T>();
    core::parallel(out.size(), out.size(), [=](std::ptrdiff_t i) { to[i] = Function()(from[i]); });
  })
}

}  // namespace mini

// A function of one number, as an operator: UNARY("exp", Exp, std::exp(x))
#define UNARY(opname, Name, expression)                \
  struct Name {                                        \
    template <typename T>                              \
    T operator()(T x) const {                          \
      return static_cast<T>(expression);               \
    }                                                  \
  };                                                   \
  MINI_OP(opname, unary<Name>).inputs(1).shapes(graph::like_first);

#endif  // MINI_SRC_OPERATOR_TENSOR_UNARY_H_
