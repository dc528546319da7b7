// SPDX-License-Identifier: Apache-2.0
// Linear algebra on matrices, or on stacks of them (all axes but the last two).
#include <algorithm>

#include <mini/blas.h>
#include <mini/op.h>

#ifdef MXNET_USE_LAPACK
extern "C" {
void spotrf_(const char* uplo, const int* n, float* a, const int* lda, int* info);
void dpotrf_(const char* uplo, const int* n, double* a, const int* lda, int* info);
void spotri_(const char* uplo, const int* n, float* a, const int* lda, int* info);
void dpotri_(const char* uplo, const int* n, double* a, const int* lda, int* info);
}
#endif

namespace mini {

namespace {

#ifdef MXNET_USE_LAPACK
int potrf(int n, float* a) {
  int info = 0;
  spotrf_("U", &n, a, &n, &info);  // LAPACK's columns are our rows: its U is our L
  return info;
}
int potrf(int n, double* a) {
  int info = 0;
  dpotrf_("U", &n, a, &n, &info);
  return info;
}
int potri(int n, float* a) {
  int info = 0;
  spotri_("U", &n, a, &n, &info);
  return info;
}
int potri(int n, double* a) {
  int info = 0;
  dpotri_("U", &n, a, &n, &info);
  return info;
}
#else
template <typename T>
int potrf(int, T*) {
  CORE_FATAL() << "potrf: built without LAPACK (USE_LAPACK=1 and a liblapack.a in USE_LAPACK_PATH)";
  return 0;
}
template <typename T>
int potri(int, T*) {
  CORE_FATAL() << "potri: built without LAPACK (USE_LAPACK=1 and a liblapack.a in USE_LAPACK_PATH)";
  return 0;
}
#endif

graph::Shape square(const graph::Attrs&, const graph::Shapes& in) {
  const graph::Shape& shape = in[0];
  CORE_CHECK(shape.ndim() >= 2 && shape.back() == shape[shape.ndim() - 2]) << shape.text() << " holds no square matrices";
  return shape;
}

// A = L L' gives L, with zeros above its diagonal.
void cholesky(const graph::Attrs&, const Arrays& in, const NDArray& out) {
  out.copy_from(in[0]);
  const std::size_t n = out.shape().back(), count = n ? out.size() / (n * n) : 0;
  MINI_REAL_SWITCH(out.type(), T, {
    for (std::size_t i = 0; i < count; ++i) {
      T* matrix = out.data<T>() + i * n * n;
      CORE_CHECK(potrf(static_cast<int>(n), matrix) == 0) << "the matrix is not positive definite";
      for (std::size_t r = 0; r < n; ++r) std::fill(matrix + r * n + r + 1, matrix + (r + 1) * n, T(0));
    }
  })
}

// L gives the inverse of L L'.
void inverse(const graph::Attrs&, const Arrays& in, const NDArray& out) {
  out.copy_from(in[0]);
  const std::size_t n = out.shape().back(), count = n ? out.size() / (n * n) : 0;
  MINI_REAL_SWITCH(out.type(), T, {
    for (std::size_t i = 0; i < count; ++i) {
      T* matrix = out.data<T>() + i * n * n;
      CORE_CHECK(potri(static_cast<int>(n), matrix) == 0) << "the matrix is singular";
      for (std::size_t r = 0; r < n; ++r) {
        for (std::size_t c = r + 1; c < n; ++c) matrix[r * n + c] = matrix[c * n + r];
      }
    }
  })
}

void product(const graph::Attrs& attrs, const Arrays& in, const NDArray& out) {
  const bool turn_a = attrs.flag("transpose_a", false), turn_b = attrs.flag("transpose_b", false);
  const double alpha = attrs.number("alpha", 1);
  const graph::Shape &a = in[0].shape(), &c = out.shape();
  const std::size_t k = turn_a ? a[a.ndim() - 2] : a.back(), m = c[c.ndim() - 2], n = c.back();
  if (out.size() == 0) return;
  const std::size_t count = out.size() / (m * n);
  MINI_REAL_SWITCH(out.type(), T, {
    for (std::size_t i = 0; i < count; ++i) {
      gemm(turn_a, turn_b, m, n, k, in[0].data<T>() + i * m * k, in[1].data<T>() + i * k * n, out.data<T>() + i * m * n);
    }
    std::transform(out.data<T>(), out.data<T>() + out.size(), out.data<T>(),
                   [alpha](T x) { return static_cast<T>(alpha * x); });
  })
}

graph::Shape product_shape(const graph::Attrs& attrs, const graph::Shapes& in) {
  const graph::Shape &a = in[0], &b = in[1];
  CORE_CHECK(a.ndim() >= 2 && a.ndim() == b.ndim()) << a.text() << " and " << b.text();
  const int row = a.ndim() - 2, column = a.ndim() - 1;
  const bool turn_a = attrs.flag("transpose_a", false), turn_b = attrs.flag("transpose_b", false);
  CORE_CHECK(std::equal(a.begin(), a.end() - 2, b.begin()) && a[turn_a ? row : column] == b[turn_b ? column : row] &&
             a[turn_a ? row : column] > 0)
      << a.text() << " and " << b.text() << " cannot be multiplied";
  graph::Shape shape = a;
  shape[row] = a[turn_a ? column : row];
  shape[column] = b[turn_b ? row : column];
  return shape;
}

}  // namespace

MINI_OP("linalg_potrf", cholesky).inputs(1).shapes(square);
MINI_OP("linalg_potri", inverse).inputs(1).shapes(square);
MINI_OP("linalg_gemm2", product).inputs(2).shapes(product_shape);

}  // namespace mini
