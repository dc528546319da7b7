// SPDX-License-Identifier: Apache-2.0
#ifndef MINI_SRC_OPERATOR_TENSOR_BINARY_H_
#define MINI_SRC_OPERATOR_TENSOR_BINARY_H_

#include <core/parallel.h>
#include <mini/op.h>

namespace mini {

// How far to go in either array for one step along each axis of the result, with
// neighbouring axes that behave alike made one. The last axis is the innermost.
struct Walk {
  std::vector<std::ptrdiff_t> length, a, b;

  Walk(const graph::Shape& shape_a, const graph::Shape& shape_b, const graph::Shape& shape) {
    std::ptrdiff_t step_a = 1, step_b = 1;
    for (int back = 1; back <= shape.ndim(); ++back) {
      const std::ptrdiff_t n = shape[shape.ndim() - back];
      const bool has_a = back <= shape_a.ndim() && shape_a[shape_a.ndim() - back] != 1;
      const bool has_b = back <= shape_b.ndim() && shape_b[shape_b.ndim() - back] != 1;
      if (n != 1) add(n, has_a ? step_a : 0, has_b ? step_b : 0);
      if (has_a) step_a *= n;
      if (has_b) step_b *= n;
    }
    if (length.empty()) add(1, 0, 0);
  }

 private:
  void add(std::ptrdiff_t n, std::ptrdiff_t step_a, std::ptrdiff_t step_b) {
    if (!length.empty() && step_a == a.front() * length.front() && step_b == b.front() * length.front()) {
      length.front() *= n;
      return;
    }
    length.insert(length.begin(), n);
    a.insert(a.begin(), step_a);
    b.insert(b.begin(), step_b);
  }
};

// One row: the innermost axis, with the steps known to the compiler where they are 0 or 1.
template <int StepA, int StepB, typename Function, typename T>
inline void row(const T* a, const T* b, T* to, std::ptrdiff_t n) {
  const Function function;
  for (std::ptrdiff_t i = 0; i < n; ++i) to[i] = function(a[i * StepA], b[i * StepB]);
}

// Arrays of different shapes: rows that the threads share.
template <typename Function, typename T>
void stretched(const Walk& walk, const T* a, const T* b, T* to, std::size_t size) {
  const int axes = static_cast<int>(walk.length.size());
  const std::ptrdiff_t n = walk.length[axes - 1], rows = static_cast<std::ptrdiff_t>(size) / n;
  core::parallel(rows, size, [=, &walk](std::ptrdiff_t r) {
    const T* from_a = a;
    const T* from_b = b;
    std::ptrdiff_t rest = r;
    for (int axis = axes - 2; axis >= 0; --axis) {
      const std::ptrdiff_t index = rest % walk.length[axis];
      rest /= walk.length[axis];
      from_a += index * walk.a[axis];
      from_b += index * walk.b[axis];
    }
    if (walk.a[axes - 1] == 0) {
      row<0, 1, Function>(from_a, from_b, to + r * n, n);
    } else if (walk.b[axes - 1] == 0) {
      row<1, 0, Function>(from_a, from_b, to + r * n, n);
    } else {
      row<1, 1, Function>(from_a, from_b, to + r * n, n);
    }
  });
}

// Two arrays of one shape: a single row, shared out among the threads.
template <typename Function, typename T>
void flat(const T* a, const T* b, T* to, std::size_t size) {
  core::parallel(size, size, [=](std::ptrdiff_t i) { to[i] = Function()(a[i], b[i]); });
}

template <typename Function, typename T>
void combine(const NDArray& a, const NDArray& b, const NDArray& out) {
  const Walk walk(a.shape(), b.shape(), out.shape());
  const T* from_a = a.data<T>();
  const T* from_b = b.data<T>();
  T* to = out.data<T>();
  if (out.size() == 0) return;
  if (walk.length.size() == 1 && walk.a[0] == 1 && walk.b[0] == 1) {
    flat<Function>(from_a, from_b, to, out.size());
  } else {
    stretched<Function>(walk, from_a, from_b, to, out.size());
  }
}

// Arithmetic: the result has the type of the inputs.
template <typename Function>
void binary(const graph::Attrs&, const Arrays& in, const NDArray& out) {
  CORE_CHECK(in[0].type() == in[1].type()) << type_name(in[0].type()) << " and " << type_name(in[1].type());
  MINI_TYPE_SWITCH(in[0].type(), T, { combine<Function, T>(in[0], in[1], out); })
}

// The same with a number, the attribute `scalar`, on the right side; with Swapped on the left.
template <typename Function, bool Swapped>
void with_scalar(const graph::Attrs& attrs, const Arrays& in, const NDArray& out) {
  const double scalar = attrs.number("scalar", 0);
  MINI_TYPE_SWITCH(in[0].type(), T, {
    const T value = static_cast<T>(scalar);
    const T* from = in[0].data<T>();
    T* to = out.data<T>();
    core::parallel(out.size(), out.size(), [=](std::ptrdiff_t i) {
      to[i] = Swapped ? Function()(value, from[i]) : Function()(from[i], value);
    });
  })
}

}  // namespace mini

// A function of two numbers. With it come the operators `broadcast_NAME` (arrays of any two
// shapes that fit) and `_NAME_scalar`.
#define FUNCTION_OF_TWO(Name, expression)       \
  struct Name {                                 \
    template <typename T>                       \
    T operator()(T x, T y) const {              \
      return static_cast<T>(expression);        \
    }                                           \
  };

#define BINARY(word, Name, expression)                                                              \
  FUNCTION_OF_TWO(Name, expression)                                                                 \
  MINI_OP("broadcast_" word, binary<Name>).inputs(2).shapes(graph::like_both);                      \
  GRAPH_OP("_" word "_scalar")                                                                      \
      .attr<Compute>("Compute", with_scalar<Name, false>)                                           \
      .inputs(1)                                                                                    \
      .shapes(graph::like_first);

#define BINARY_SWAPPED(word, Name)              \
  GRAPH_OP("_r" word "_scalar")                 \
      .attr<Compute>("Compute", with_scalar<Name, true>) \
      .inputs(1)                                \
      .shapes(graph::like_first);

#endif  // MINI_SRC_OPERATOR_TENSOR_BINARY_H_
