// SPDX-License-Identifier: Apache-2.0
#include <cmath>

#include "binary.h"

namespace mini {

namespace {

// Whole numbers know no division by zero.
template <typename T>
T divided(T x, T y) {
  return y == 0 && static_cast<T>(0.5) == 0 ? 0 : x / y;
}

}  // namespace

BINARY("plus", Plus, x + y)
BINARY("minus", Minus, x - y)
BINARY("mul", Mul, x * y)
BINARY("div", Div, divided(x, y))
BINARY_SWAPPED("minus", Minus)
BINARY_SWAPPED("div", Div)

}  // namespace mini
