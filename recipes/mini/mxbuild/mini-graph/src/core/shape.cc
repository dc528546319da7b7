// SPDX-License-Identifier: Apache-2.0
#include <core/log.h>
#include <graph/shape.h>

#include <algorithm>

namespace graph {

std::size_t Shape::elements() const { return elements(0, ndim()); }

std::size_t Shape::elements(int from, int to) const {
  std::size_t product = 1;
  for (int axis = from; axis < to; ++axis) product *= (*this)[axis];
  return product;
}

std::string Shape::text() const {
  std::string all = "(";
  for (int axis = 0; axis < ndim(); ++axis) all += (axis ? ", " : "") + std::to_string((*this)[axis]);
  return all + (ndim() == 1 ? ",)" : ")");
}

int real_axis(std::int64_t axis, int ndim) {
  const std::int64_t real = axis < 0 ? axis + ndim : axis;
  CORE_CHECK(real >= 0 && real < ndim) << "axis " << axis << " of an array with " << ndim << " axes";
  return static_cast<int>(real);
}

Shape broadcast(const Shape& a, const Shape& b) {
  const int ndim = std::max(a.ndim(), b.ndim());
  Shape result(ndim, 1u);
  for (int back = 1; back <= ndim; ++back) {
    const std::uint32_t x = back <= a.ndim() ? a[a.ndim() - back] : 1;
    const std::uint32_t y = back <= b.ndim() ? b[b.ndim() - back] : 1;
    CORE_CHECK(x == y || x == 1 || y == 1) << a.text() << " and " << b.text() << " do not fit";
    result[ndim - back] = x == 1 ? y : x;
  }
  return result;
}

}  // namespace graph
