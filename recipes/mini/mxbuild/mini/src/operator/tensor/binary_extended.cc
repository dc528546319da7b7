// SPDX-License-Identifier: Apache-2.0
#include <cmath>

#include "binary.h"

namespace mini {

namespace {

// The remainder has the divisor's sign, as in Python.
template <typename T>
double remainder_of(T x, T y) {
  if (y == 0) return 0;
  const double rest = std::fmod(static_cast<double>(x), static_cast<double>(y));
  return rest != 0 && (rest < 0) != (y < 0) ? rest + static_cast<double>(y) : rest;
}

}  // namespace

BINARY("power", Power, std::pow(x, y))
BINARY("mod", Mod, remainder_of(x, y))
BINARY("maximum", Maximum, x > y ? x : y)
BINARY("minimum", Minimum, x < y ? x : y)
BINARY_SWAPPED("power", Power)
BINARY_SWAPPED("mod", Mod)

}  // namespace mini
