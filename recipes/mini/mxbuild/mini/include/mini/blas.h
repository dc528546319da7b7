// SPDX-License-Identifier: Apache-2.0
// Matrix products of either precision, by whichever BLAS the build has.
#ifndef MINI_BLAS_H_
#define MINI_BLAS_H_

#include <cstddef>

namespace mini {

// c = a b, row by row; a is m x k (k x m where transposed), b is k x n (n x k).
void gemm(bool transpose_a, bool transpose_b, std::size_t m, std::size_t n, std::size_t k, const float* a,
          const float* b, float* c);
void gemm(bool transpose_a, bool transpose_b, std::size_t m, std::size_t n, std::size_t k, const double* a,
          const double* b, double* c);

}  // namespace mini

#endif  // MINI_BLAS_H_
