// SPDX-License-Identifier: Apache-2.0
#ifndef MINI_SRC_OPERATOR_TENSOR_BINARY_H_
#define MINI_SRC_OPERATOR_TENSOR_BINARY_H_

#include <algorithm>

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

// One row of results, with the steps along either input: to compile, this is all that a function costs for a type.
template <typename T>
using Row = void (*)(const T* a, std::ptrdiff_t step_a, const T* b, std::ptrdiff_t step_b, T* to, std::ptrdiff_t n);

template <typename Function, typename T>
void row(const T* a, std::ptrdiff_t step_a, const T* b, std::ptrdiff_t step_b, T* to, std::ptrdiff_t n) {
  const Function function;
  for (std::ptrdiff_t i = 0; i < n; ++i) to[i] = function(a[i * step_a], b[i * step_b]);
}

// Elements of a row that one thread takes at a time.
constexpr std::ptrdiff_t kPiece = 4096;

// All rows of the result, cut into pieces that the threads share.
template <typename T>
void walked(const Walk& walk, Row<T> row, const T* a, const T* b, T* to, std::size_t size) {
  if (size == 0) return;
  const int inner = static_cast<int>(walk.length.size()) - 1;
  const std::ptrdiff_t n = walk.length[inner], pieces = (n + kPiece - 1) / kPiece;
  const std::ptrdiff_t step_a = walk.a[inner], step_b = walk.b[inner];
  core::parallel(static_cast<std::ptrdiff_t>(size) / n * pieces, size, [=, &walk](std::ptrdiff_t piece) {
    const std::ptrdiff_t begin = piece % pieces * kPiece;
    const T* from_a = a + begin * step_a;
    const T* from_b = b + begin * step_b;
    std::ptrdiff_t rest = piece / pieces;
    T* here = to + rest * n + begin;
    for (int axis = inner - 1; axis >= 0; --axis) {
      const std::ptrdiff_t index = rest % walk.length[axis];
      rest /= walk.length[axis];
      from_a += index * walk.a[axis];
      from_b += index * walk.b[axis];
    }
    row(from_a, step_a, from_b, step_b, here, std::min(kPiece, n - begin));
  });
}

// Arithmetic: the result has the type of the inputs.
template <typename Function>
void binary(const graph::Attrs&, const Arrays& in, const NDArray& out) {
  CORE_CHECK(in[0].type() == in[1].type()) << type_name(in[0].type()) << " and " << type_name(in[1].type());
  const Walk walk(in[0].shape(), in[1].shape(), out.shape());
  MINI_TYPE_SWITCH(in[0].type(), T, {
    walked<T>(walk, row<Function, T>, in[0].data<T>(), in[1].data<T>(), out.data<T>(), out.size());
  })
}

// The same with a number, the attribute `scalar`, on the right side; with Swapped on the left.
template <typename Function, bool Swapped>
void with_scalar(const graph::Attrs& attrs, const Arrays& in, const NDArray& out) {
  const graph::Shape one{1}, all{static_cast<std::uint32_t>(out.size())};
  const Walk walk(Swapped ? one : all, Swapped ? all : one, all);
  MINI_TYPE_SWITCH(in[0].type(), T, {
    const T value = static_cast<T>(attrs.number("scalar", 0));
    const T* from = in[0].data<T>();
    walked<T>(walk, row<Function, T>, Swapped ? &value : from, Swapped ? from : &value, out.data<T>(), out.size());
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
