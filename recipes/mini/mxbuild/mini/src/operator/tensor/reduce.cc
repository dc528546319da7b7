// SPDX-License-Identifier: Apache-2.0
// Operators that fold axes: attributes `axis` (one, several, or none for all) and `keepdims`.
#include <cmath>
#include <limits>

#include <core/parallel.h>
#include <mini/op.h>

namespace mini {

namespace {

std::vector<bool> folded_axes(const graph::Attrs& attrs, int ndim) {
  const std::vector<std::int64_t> given = attrs.tuple("axis");
  std::vector<bool> folded(ndim, given.empty());
  for (const std::int64_t axis : given) folded[graph::real_axis(axis, ndim)] = true;
  return folded;
}

graph::Shape without_axes(const graph::Attrs& attrs, const graph::Shapes& in) {
  const std::vector<bool> folded = folded_axes(attrs, in[0].ndim());
  const bool keep = attrs.flag("keepdims", false);
  graph::Shape shape;
  for (int axis = 0; axis < in[0].ndim(); ++axis) {
    if (!folded[axis]) {
      shape.push_back(in[0][axis]);
    } else if (keep) {
      shape.push_back(1);
    }
  }
  if (shape.empty()) shape.push_back(1);
  return shape;
}

// Each fold has a state of double precision: start(), step(state, x), end(state, count).
struct Sum {
  double start() const { return 0; }
  double step(double state, double x) const { return state + x; }
  double end(double state, std::size_t) const { return state; }
};
struct Mean : public Sum {
  double end(double state, std::size_t count) const { return state / static_cast<double>(count); }
};
struct NanSum : public Sum {
  double step(double state, double x) const { return std::isnan(x) ? state : state + x; }
};
struct Prod {
  double start() const { return 1; }
  double step(double state, double x) const { return state * x; }
  double end(double state, std::size_t) const { return state; }
};
struct Max {
  double start() const { return -std::numeric_limits<double>::infinity(); }
  double step(double state, double x) const { return x > state || std::isnan(x) ? x : state; }
  double end(double state, std::size_t) const { return state; }
};
struct Min {
  double start() const { return std::numeric_limits<double>::infinity(); }
  double step(double state, double x) const { return x < state || std::isnan(x) ? x : state; }
  double end(double state, std::size_t) const { return state; }
};
struct Norm : public Sum {
  double step(double state, double x) const { return state + x * x; }
  double end(double state, std::size_t) const { return std::sqrt(state); }
};

// The axes kept and those folded, neighbours of one kind made one, with their steps in the input.
struct Axes {
  std::vector<std::ptrdiff_t> kept, kept_step, gone, gone_step;

  Axes(const graph::Shape& shape, const std::vector<bool>& folded) {
    std::ptrdiff_t step = 1;
    for (int axis = shape.ndim() - 1; axis >= 0; --axis) {
      const bool fold = folded[axis];
      std::vector<std::ptrdiff_t>& lengths = fold ? gone : kept;
      std::vector<std::ptrdiff_t>& steps = fold ? gone_step : kept_step;
      if (!lengths.empty() && steps.back() * lengths.back() == step) {
        lengths.back() *= shape[axis];
      } else {
        lengths.push_back(shape[axis]);
        steps.push_back(step);
      }
      step *= shape[axis];
    }
    for (auto* pair : {&kept, &gone}) {
      if (pair->empty()) {
        pair->push_back(1);
        (pair == &kept ? kept_step : gone_step).push_back(1);
      }
    }
  }
};

// Position of the n-th element of the axes, the innermost of which comes first in `lengths`.
inline std::ptrdiff_t position(std::ptrdiff_t n, const std::vector<std::ptrdiff_t>& lengths,
                               const std::vector<std::ptrdiff_t>& steps) {
  std::ptrdiff_t place = 0;
  for (std::size_t axis = 0; axis < lengths.size(); ++axis) {
    place += (n % lengths[axis]) * steps[axis];
    n /= lengths[axis];
  }
  return place;
}

template <typename Fold, typename T>
void fold_axes(const Axes& axes, const T* from, T* to, std::size_t size, std::size_t count) {
  const Fold fold;
  const std::ptrdiff_t all = static_cast<std::ptrdiff_t>(count);
  const std::ptrdiff_t inner = axes.gone[0], step = axes.gone_step[0];
  core::parallel(size, size * count, [=, &axes](std::ptrdiff_t i) {
    const T* here = from + position(i, axes.kept, axes.kept_step);
    double state = fold.start();
    for (std::ptrdiff_t j = 0; j < all; j += inner) {
      const T* run = here + position(j, axes.gone, axes.gone_step);
      for (std::ptrdiff_t k = 0; k < inner; ++k) state = fold.step(state, static_cast<double>(run[k * step]));
    }
    to[i] = static_cast<T>(fold.end(state, count));
  });
}

template <typename Fold>
void reduce(const graph::Attrs& attrs, const Arrays& in, const NDArray& out) {
  const Axes axes(in[0].shape(), folded_axes(attrs, in[0].shape().ndim()));
  if (out.size() == 0) return;
  const std::size_t count = in[0].size() / out.size();
  MINI_TYPE_SWITCH(out.type(), T, {
    fold_axes<Fold>(axes, in[0].data<T>(), out.data<T>(), out.size(), count);
  })
}

// argmax and argmin: the place along one axis, or in the whole array.
template <bool Largest>
void place_of(const graph::Attrs& attrs, const Arrays& in, const NDArray& out) {
  const graph::Shape& shape = in[0].shape();
  std::size_t outer = 1, length = in[0].size(), inner = 1;
  if (attrs.has("axis")) {
    const int axis = graph::real_axis(attrs.integer("axis", 0), shape.ndim());
    outer = shape.elements(0, axis);
    length = shape[axis];
    inner = shape.elements(axis + 1, shape.ndim());
  }
  MINI_TYPE_SWITCH(out.type(), T, {
    const T* from = in[0].data<T>();
    T* to = out.data<T>();
    for (std::size_t i = 0; i < outer; ++i) {
      for (std::size_t k = 0; k < inner; ++k) {
        const T* run = from + i * length * inner + k;
        std::size_t best = 0;
        for (std::size_t j = 1; j < length; ++j) {
          if (Largest ? run[j * inner] > run[best * inner] : run[j * inner] < run[best * inner]) best = j;
        }
        to[i * inner + k] = static_cast<T>(best);
      }
    }
  })
}

}  // namespace

#define FOLD(opname, Fold) MINI_OP(opname, reduce<Fold>).inputs(1).shapes(without_axes);

FOLD("sum", Sum)
FOLD("mean", Mean)
FOLD("prod", Prod)
FOLD("nansum", NanSum)
FOLD("max", Max)
FOLD("min", Min)
FOLD("norm", Norm)
MINI_OP("argmax", place_of<true>).inputs(1).shapes(without_axes);
MINI_OP("argmin", place_of<false>).inputs(1).shapes(without_axes);

}  // namespace mini
