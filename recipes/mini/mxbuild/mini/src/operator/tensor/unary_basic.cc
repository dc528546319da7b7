// SPDX-License-Identifier: Apache-2.0
// Powers, roots, logarithms, signs and rounding.
#include <cmath>

#include "unary.h"

namespace mini {

UNARY("negative", Negative, -x)
UNARY("abs", Abs, std::fabs(x))
UNARY("sign", Sign, (x > 0) - (x < 0))
UNARY("reciprocal", Reciprocal, 1 / x)
UNARY("square", Square, x * x)
UNARY("sqrt", Sqrt, std::sqrt(x))
UNARY("rsqrt", Rsqrt, 1 / std::sqrt(x))
UNARY("cbrt", Cbrt, std::cbrt(x))
UNARY("exp", Exp, std::exp(x))
UNARY("expm1", Expm1, std::expm1(x))
UNARY("log", Log, std::log(x))
UNARY("log2", Log2, std::log2(x))
UNARY("log10", Log10, std::log10(x))
UNARY("log1p", Log1p, std::log1p(x))
UNARY("floor", Floor, std::floor(x))
UNARY("ceil", Ceil, std::ceil(x))
UNARY("trunc", Trunc, std::trunc(x))
UNARY("round", Round, std::round(x))
UNARY("rint", Rint, std::rint(x))
UNARY("erf", Erf, std::erf(x))
UNARY("gamma", Gamma, std::tgamma(x))
UNARY("gammaln", LogGamma, std::lgamma(x))
UNARY("relu", Relu, x > 0 ? x : 0)
UNARY("sigmoid", Sigmoid, 1 / (1 + std::exp(-x)))
UNARY("softsign", Softsign, x / (1 + std::fabs(x)))
UNARY("logical_not", Not, x == 0)

}  // namespace mini
