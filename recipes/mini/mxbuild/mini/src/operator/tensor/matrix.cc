// SPDX-License-Identifier: Apache-2.0
// Operators that move elements about.
#include <algorithm>

#include <mini/op.h>

namespace mini {

namespace {

std::vector<int> order_of_axes(const graph::Attrs& attrs, int ndim) {
  std::vector<int> order;
  for (const std::int64_t axis : attrs.tuple("axes")) order.push_back(graph::real_axis(axis, ndim));
  if (order.empty()) {
    for (int axis = ndim; axis-- > 0;) order.push_back(axis);
  }
  std::vector<int> sorted = order;
  std::sort(sorted.begin(), sorted.end());
  for (int axis = 0; axis < static_cast<int>(sorted.size()); ++axis) {
    CORE_CHECK(sorted[axis] == axis) << "axes have to name each axis once";
  }
  CORE_CHECK(static_cast<int>(sorted.size()) == ndim) << "axes have to name each axis once";
  return order;
}

graph::Shape transposed_shape(const graph::Attrs& attrs, const graph::Shapes& in) {
  graph::Shape shape;
  for (const int axis : order_of_axes(attrs, in[0].ndim())) shape.push_back(in[0][axis]);
  return shape;
}

void transpose(const graph::Attrs& attrs, const Arrays& in, const NDArray& out) {
  const graph::Shape &from_shape = in[0].shape(), &to_shape = out.shape();
  const std::vector<int> order = order_of_axes(attrs, from_shape.ndim());
  std::vector<std::size_t> step;
  for (const int axis : order) step.push_back(from_shape.elements(axis + 1, from_shape.ndim()));
  MINI_TYPE_SWITCH(out.type(), T, {
    const T* from = in[0].data<T>();
    T* to = out.data<T>();
    for (std::size_t i = 0; i < out.size(); ++i) {
      std::size_t rest = i, place = 0;
      for (int axis = to_shape.ndim() - 1; axis >= 0; --axis) {
        place += rest % to_shape[axis] * step[axis];
        rest /= to_shape[axis];
      }
      to[i] = from[place];
    }
  })
}

// Lengths: 0 keeps the input's, one -1 takes what is left.
graph::Shape reshaped(const graph::Attrs& attrs, const graph::Shapes& in) {
  graph::Shape shape;
  int open = -1;
  for (const std::int64_t length : attrs.tuple("shape")) {
    const int axis = shape.ndim();
    CORE_CHECK(length >= -1 && (length != 0 || axis < in[0].ndim())) << "length " << length << " of axis " << axis;
    if (length == -1) {
      CORE_CHECK(open < 0) << "two axes of length -1";
      open = axis;
    }
    shape.push_back(length == -1 ? 1 : length == 0 ? in[0][axis] : static_cast<std::uint32_t>(length));
  }
  const std::size_t known = shape.elements();
  if (open >= 0 && known > 0) shape[open] = static_cast<std::uint32_t>(in[0].elements() / known);
  CORE_CHECK(shape.elements() == in[0].elements()) << in[0].text() << " as " << shape.text();
  return shape;
}

graph::Shape flattened(const graph::Attrs&, const graph::Shapes& in) {
  CORE_CHECK(in[0].ndim() >= 1) << "Flatten needs an axis";
  return graph::Shape{in[0][0], static_cast<std::uint32_t>(in[0].elements(1, in[0].ndim()))};
}

void same_order(const graph::Attrs&, const Arrays& in, const NDArray& out) { out.reshape(in[0].shape()).copy_from(in[0]); }

struct Cut {
  int axis;
  std::size_t begin, end;

  Cut(const graph::Attrs& attrs, const graph::Shape& shape)
      : axis(graph::real_axis(attrs.integer("axis", 0), shape.ndim())) {
    const std::int64_t length = shape[axis];
    std::int64_t from = attrs.integer("begin", 0), to = attrs.integer("end", length);
    if (from < 0) from += length;
    if (to < 0) to += length;
    CORE_CHECK(0 <= from && from <= to && to <= length)
        << "[" << from << ", " << to << ") of axis " << axis << " of " << shape.text();
    begin = static_cast<std::size_t>(from);
    end = static_cast<std::size_t>(to);
  }
};

graph::Shape cut_shape(const graph::Attrs& attrs, const graph::Shapes& in) {
  const Cut cut(attrs, in[0]);
  graph::Shape shape = in[0];
  shape[cut.axis] = static_cast<std::uint32_t>(cut.end - cut.begin);
  return shape;
}

void slice_axis(const graph::Attrs& attrs, const Arrays& in, const NDArray& out) {
  const graph::Shape& shape = in[0].shape();
  const Cut cut(attrs, shape);
  const std::size_t outer = shape.elements(0, cut.axis), inner = shape.elements(cut.axis + 1, shape.ndim());
  const std::size_t length = (cut.end - cut.begin) * inner;
  MINI_TYPE_SWITCH(out.type(), T, {
    for (std::size_t i = 0; i < outer; ++i) {
      std::copy_n(in[0].data<T>() + (i * shape[cut.axis] + cut.begin) * inner, length, out.data<T>() + i * length);
    }
  })
}

graph::Shape joined_shape(const graph::Attrs& attrs, const graph::Shapes& in) {
  const int axis = graph::real_axis(attrs.integer("dim", 1), in[0].ndim());
  graph::Shape shape = in[0];
  for (std::size_t i = 1; i < in.size(); ++i) {
    graph::Shape other = in[i];
    CORE_CHECK(other.ndim() == shape.ndim()) << in[0].text() << " and " << in[i].text() << " cannot be joined";
    shape[axis] += other[axis];
    other[axis] = in[0][axis];
    CORE_CHECK(other == in[0]) << in[0].text() << " and " << in[i].text() << " cannot be joined along axis " << axis;
  }
  return shape;
}

void concat(const graph::Attrs& attrs, const Arrays& in, const NDArray& out) {
  const int axis = graph::real_axis(attrs.integer("dim", 1), out.shape().ndim());
  const std::size_t outer = out.shape().elements(0, axis), row = out.shape().elements(axis, out.shape().ndim());
  std::size_t place = 0;
  for (const NDArray& array : in) {
    const std::size_t length = array.shape().elements(axis, array.shape().ndim());
    MINI_TYPE_SWITCH(out.type(), T, {
      for (std::size_t i = 0; i < outer; ++i) {
        std::copy_n(array.data<T>() + i * length, length, out.data<T>() + i * row + place);
      }
    })
    place += length;
  }
}

}  // namespace

MINI_OP("transpose", transpose).inputs(1).shapes(transposed_shape);
MINI_OP("Reshape", same_order).inputs(1).shapes(reshaped);
MINI_OP("Flatten", same_order).inputs(1).shapes(flattened);
MINI_OP("slice_axis", slice_axis).inputs(1).shapes(cut_shape);
MINI_OP("Concat", concat).inputs(1, 64).shapes(joined_shape);

}  // namespace mini
