// SPDX-License-Identifier: Apache-2.0
// Arrays out of nothing, copies in another type, indices.
#include <algorithm>
#include <cmath>

#include <mini/op.h>

namespace mini {

namespace {

void filled(const NDArray& out, double value) {
  MINI_TYPE_SWITCH(out.type(), T, { std::fill_n(out.data<T>(), out.size(), static_cast<T>(value)); })
}

void zeros(const graph::Attrs&, const Arrays&, const NDArray& out) { filled(out, 0); }
void ones(const graph::Attrs&, const Arrays&, const NDArray& out) { filled(out, 1); }
void full(const graph::Attrs& attrs, const Arrays&, const NDArray& out) { filled(out, attrs.number("value", 0)); }

graph::Shape range_shape(const graph::Attrs& attrs, const graph::Shapes&) {
  const double start = attrs.number("start", 0), stop = attrs.number("stop", 0), step = attrs.number("step", 1);
  CORE_CHECK(step != 0) << "a range with step 0";
  return graph::Shape{static_cast<std::uint32_t>(std::max(0.0, std::ceil((stop - start) / step)))};
}

void range(const graph::Attrs& attrs, const Arrays&, const NDArray& out) {
  const double start = attrs.number("start", 0), step = attrs.number("step", 1);
  MINI_TYPE_SWITCH(out.type(), T, {
    T* to = out.data<T>();
    for (std::size_t i = 0; i < out.size(); ++i) to[i] = static_cast<T>(start + static_cast<double>(i) * step);
  })
}

void cast(const graph::Attrs&, const Arrays& in, const NDArray& out) {
  MINI_TYPE_SWITCH(in[0].type(), From, {
    const From* from = in[0].data<From>();
    MINI_TYPE_SWITCH(out.type(), To, {
      std::transform(from, from + out.size(), out.data<To>(), [](From x) { return static_cast<To>(x); });
    })
  })
}

graph::Shape one_hot_shape(const graph::Attrs& attrs, const graph::Shapes& in) {
  graph::Shape shape = in[0];
  const std::int64_t depth = attrs.integer("depth", 0);
  CORE_CHECK(depth > 0) << "one_hot needs a depth";
  shape.push_back(static_cast<std::uint32_t>(depth));
  return shape;
}

// Indices out of range give a row of zeros.
void one_hot(const graph::Attrs& attrs, const Arrays& in, const NDArray& out) {
  const std::int64_t depth = attrs.integer("depth", 0);
  filled(out, attrs.number("off_value", 0));
  const double on = attrs.number("on_value", 1);
  MINI_TYPE_SWITCH(in[0].type(), I, {
    const I* index = in[0].data<I>();
    MINI_TYPE_SWITCH(out.type(), T, {
      T* to = out.data<T>();
      for (std::size_t i = 0; i < in[0].size(); ++i) {
        const std::int64_t place = static_cast<std::int64_t>(index[i]);
        if (place >= 0 && place < depth) to[static_cast<std::int64_t>(i) * depth + place] = static_cast<T>(on);
      }
    })
  })
}

graph::Shape take_shape(const graph::Attrs&, const graph::Shapes& in) {
  CORE_CHECK(in[0].ndim() >= 1 && in[0][0] > 0) << "take from " << in[0].text();
  graph::Shape shape = in[1];
  shape.insert(shape.end(), in[0].begin() + 1, in[0].end());
  return shape;
}

// Rows of the first array; indices out of range are moved to its ends.
void take(const graph::Attrs&, const Arrays& in, const NDArray& out) {
  const std::size_t rows = in[0].shape()[0], length = in[0].size() / rows;
  MINI_TYPE_SWITCH(in[1].type(), I, {
    const I* index = in[1].data<I>();
    MINI_TYPE_SWITCH(out.type(), T, {
      for (std::size_t i = 0; i < in[1].size(); ++i) {
        const double place = std::min(std::max(0.0, static_cast<double>(index[i])), static_cast<double>(rows - 1));
        std::copy_n(in[0].data<T>() + static_cast<std::size_t>(place) * length, length, out.data<T>() + i * length);
      }
    })
  })
}

}  // namespace

#define FROM_NOTHING(opname, function, shape_rule) \
  MINI_OP(opname, function).inputs(0).shapes(shape_rule).attr<TypeRule>("Type", type_as_given);

FROM_NOTHING("_zeros", zeros, graph::as_given)
FROM_NOTHING("_ones", ones, graph::as_given)
FROM_NOTHING("_full", full, graph::as_given)
FROM_NOTHING("_arange", range, range_shape)
MINI_OP("zeros_like", zeros).inputs(1).shapes(graph::like_first);
MINI_OP("ones_like", ones).inputs(1).shapes(graph::like_first);
MINI_OP("Cast", cast).inputs(1).shapes(graph::like_first).attr<TypeRule>("Type", type_as_given);
MINI_OP("one_hot", one_hot).inputs(1).shapes(one_hot_shape).attr<TypeRule>("Type", type_as_given);
MINI_OP("take", take).inputs(2).shapes(take_shape);

}  // namespace mini
