// SPDX-License-Identifier: Apache-2.0
// Comparisons give 0 and 1 in the type of what is compared.
#include "binary.h"

namespace mini {

BINARY("equal", Equal, x == y)
BINARY("not_equal", NotEqual, x != y)
BINARY("greater", Greater, x > y)
BINARY("greater_equal", GreaterEqual, x >= y)
BINARY("lesser", Lesser, x < y)
BINARY("lesser_equal", LesserEqual, x <= y)

}  // namespace mini
