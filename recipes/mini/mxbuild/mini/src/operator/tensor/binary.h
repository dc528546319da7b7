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
template <int StepA, int StepB, typename Function, typename T, typename R>
inline void row(const T* a, const T* b, R* to, std::ptrdiff_t n) {
  const Function function;
  for (std::ptrdiff_t i = 0; i < n; ++i) to[i] = static_cast<R>(function(a[i * StepA], b[i * StepB]));
}

template <int Axes, typename Function, typename T, typename R>
void stretched(const Walk& walk, const T* a, const T* b, R* to, std::size_t size) {
  std::ptrdiff_t length[Axes], step_a[Axes], step_b[Axes], rows = 1;
  for (int axis = 0; axis < Axes; ++axis) {
    length[axis] = walk.length[axis];
    step_a[axis] = walk.a[axis];
    step_b[axis] = walk.b[axis];
    if (axis + 1 < Axes) rows *= length[axis];
  }
  const std::ptrdiff_t n = length[Axes - 1];
#pragma omp parallel for num_threads(core::threads(size))
  for (std::ptrdiff_t r = 0; r < rows; ++r) {
    const T* from_a = a;
    const T* from_b = b;
    std::ptrdiff_t rest = r;
    for (int axis = Axes - 2; axis >= 0; --axis) {
      const std::ptrdiff_t index = rest % length[axis];
      rest /= length[axis];
      from_a += index * step_a[axis];
      from_b += index * step_b[axis];
    }
    if (step_a[Axes - 1] == 0 && step_b[Axes - 1] == 0) {
      row<0, 0, Function>(from_a, from_b, to + r * n, n);
    } else if (step_a[Axes - 1] == 0) {
      row<0, 1, Function>(from_a, from_b, to + r * n, n);
    } else if (step_b[Axes - 1] == 0) {
      row<1, 0, Function>(from_a, from_b, to + r * n, n);
    } else {
      row<1, 1, Function>(from_a, from_b, to + r * n, n);
    }
  }
}

// Two arrays of one shape: a single row, shared out among the threads.
template <typename Function, typename T, typename R>
void flat(const T* a, const T* b, R* to, std::size_t size) {
  const Function function;
  const std::ptrdiff_t n = static_cast<std::ptrdiff_t>(size);
#pragma omp parallel for num_threads(core::threads(size))
  for (std::ptrdiff_t i = 0; i < n; ++i) to[i] = static_cast<R>(function(a[i], b[i]));
}

template <typename Function, typename T, typename R>
void combine(const NDArray& a, const NDArray& b, const NDArray& out) {
  const Walk walk(a.shape(), b.shape(), out.shape());
  const T* from_a = a.data<T>();
  const T* from_b = b.data<T>();
  R* to = out.data<R>();
  if (out.size() == 0) return;
  switch (walk.length.size()) {
    case 1:
      if (walk.a[0] == 1 && walk.b[0] == 1) return flat<Function>(from_a, from_b, to, out.size());
      return stretched<1, Function>(walk, from_a, from_b, to, out.size());
    case 2: return stretched<2, Function>(walk, from_a, from_b, to, out.size());
    case 3: return stretched<3, Function>(walk, from_a, from_b, to, out.size());
    case 4: return stretched<4, Function>(walk, from_a, from_b, to, out.size());
    case 5: return stretched<5, Function>(walk, from_a, from_b, to, out.size());
    default: CORE_FATAL() << "more than 5 axes that stretch differently";
  }
}

// Arithmetic: the result has the type of the inputs.
template <typename Function>
void binary(const graph::Attrs&, const Arrays& in, const NDArray& out) {
  CORE_CHECK(in[0].type() == in[1].type()) << type_name(in[0].type()) << " and " << type_name(in[1].type());
  MINI_TYPE_SWITCH(in[0].type(), T, { combine<Function, T, T>(in[0], in[1], out); })
}

// The same with a number, the attribute `scalar`, on the right side; with Swapped on the left.
template <typename Function, bool Swapped>
void with_scalar(const graph::Attrs& attrs, const Arrays& in, const NDArray& out) {
  const double scalar = attrs.number("scalar", 0);
  MINI_TYPE_SWITCH(in[0].type(), T, {
    const T value = static_cast<T>(scalar);
    const T* from = in[0].data<T>();
    T* to = out.data<T>();
    const std::ptrdiff_t n = static_cast<std::ptrdiff_t>(out.size());
    const Function function;
#pragma omp parallel for num_threads(core::threads(out.size()))
    for (std::ptrdiff_t i = 0; i < n; ++i) {
      to[i] = static_cast<T>(Swapped ? function(value, from[i]) : function(from[i], value));
    }
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
