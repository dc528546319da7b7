// SPDX-License-Identifier: Apache-2.0
#include <cmath>

#include "unary.h"

namespace mini {

UNARY("sin", Sin, std::sin(x))
UNARY("cos", Cos, std::cos(x))
UNARY("tan", Tan, std::tan(x))
UNARY("arcsin", Asin, std::asin(x))
UNARY("arccos", Acos, std::acos(x))
UNARY("arctan", Atan, std::atan(x))
UNARY("sinh", Sinh, std::sinh(x))
UNARY("cosh", Cosh, std::cosh(x))
UNARY("tanh", Tanh, std::tanh(x))
UNARY("arcsinh", Asinh, std::asinh(x))
UNARY("arccosh", Acosh, std::acosh(x))
UNARY("arctanh", Atanh, std::atanh(x))
UNARY("degrees", Degrees, x * 57.29577951308232)
UNARY("radians", Radians, x * 0.017453292519943295)

}  // namespace mini
