// SPDX-License-Identifier: Apache-2.0
// Sorting along the last axis: attribute `is_ascend`.
#include <algorithm>
#include <functional>
#include <numeric>

#include <core/parallel.h>
#include <mini/op.h>

namespace mini {

namespace {

std::ptrdiff_t row_length(const NDArray& array) {
  CORE_CHECK(array.shape().ndim() >= 1) << "nothing to sort";
  return array.shape().back();
}

template <typename T, typename Before>
void sort_rows(const T* from, T* to, std::size_t size, std::ptrdiff_t length, Before before) {
  const std::ptrdiff_t rows = length ? static_cast<std::ptrdiff_t>(size) / length : 0;
  core::parallel(rows, size, [=](std::ptrdiff_t r) {
    std::copy_n(from + r * length, length, to + r * length);
    std::stable_sort(to + r * length, to + (r + 1) * length, before);
  });
}

template <typename T, typename Before>
void order_rows(const T* from, T* to, std::size_t size, std::ptrdiff_t length, Before before) {
  const std::ptrdiff_t rows = length ? static_cast<std::ptrdiff_t>(size) / length : 0;
  core::parallel(rows, size, [=](std::ptrdiff_t r) {
    const T* row = from + r * length;
    std::vector<std::ptrdiff_t> order(length);
    std::iota(order.begin(), order.end(), 0);
    std::stable_sort(order.begin(), order.end(), [&](std::ptrdiff_t x, std::ptrdiff_t y) { return before(row[x], row[y]); });
    std::transform(order.begin(), order.end(), to + r * length, [](std::ptrdiff_t x) { return static_cast<T>(x); });
  });
}

void sort(const graph::Attrs& attrs, const Arrays& in, const NDArray& out) {
  const bool up = attrs.flag("is_ascend", true);
  MINI_REAL_SWITCH(out.type(), T, {
    if (up) {
      sort_rows(in[0].data<T>(), out.data<T>(), out.size(), row_length(out), std::less<T>());
    } else {
      sort_rows(in[0].data<T>(), out.data<T>(), out.size(), row_length(out), std::greater<T>());
    }
  })
}

void argsort(const graph::Attrs& attrs, const Arrays& in, const NDArray& out) {
  const bool up = attrs.flag("is_ascend", true);
  MINI_REAL_SWITCH(out.type(), T, {
    if (up) {
      order_rows(in[0].data<T>(), out.data<T>(), out.size(), row_length(out), std::less<T>());
    } else {
      order_rows(in[0].data<T>(), out.data<T>(), out.size(), row_length(out), std::greater<T>());
    }
  })
}

}  // namespace

MINI_OP("sort", sort).inputs(1).shapes(graph::like_first);
MINI_OP("argsort", argsort).inputs(1).shapes(graph::like_first);

}  // namespace mini
