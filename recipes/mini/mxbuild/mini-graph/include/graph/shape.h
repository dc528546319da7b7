// SPDX-License-Identifier: Apache-2.0
#ifndef GRAPH_SHAPE_H_
#define GRAPH_SHAPE_H_

#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <string>
#include <vector>

namespace graph {

// Lengths of the axes of a dense array, the outermost first.
class Shape : public std::vector<std::uint32_t> {
 public:
  using std::vector<std::uint32_t>::vector;

  int ndim() const { return static_cast<int>(size()); }
  // Product of all lengths.
  std::size_t elements() const;
  // Product of the lengths of the axes [from, to).
  std::size_t elements(int from, int to) const;
  // "(2, 3)"
  std::string text() const;
};

// 0 <= axis < ndim, negative ones counted from the end; throws where there is no such axis.
int real_axis(std::int64_t axis, int ndim);

// What two arrays give when axes of length 1 are stretched; throws where they do not fit.
Shape broadcast(const Shape& a, const Shape& b);

}  // namespace graph

#endif  // GRAPH_SHAPE_H_
