// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include <core/parallel.h>
#include <mini/blas.h>
#include <mini/op.h>

#if MINI_USE_CBLAS
#include <cblas.h>
#endif

namespace mini {

#if MINI_USE_CBLAS
void gemm(bool transpose_a, bool transpose_b, std::size_t m, std::size_t n, std::size_t k, const float* a,
          const float* b, float* c) {
  cblas_sgemm(CblasRowMajor, transpose_a ? CblasTrans : CblasNoTrans, transpose_b ? CblasTrans : CblasNoTrans,
              static_cast<int>(m), static_cast<int>(n), static_cast<int>(k), 1.0f, a,
              static_cast<int>(transpose_a ? m : k), b, static_cast<int>(transpose_b ? k : n), 0.0f, c,
              static_cast<int>(n));
}

void gemm(bool transpose_a, bool transpose_b, std::size_t m, std::size_t n, std::size_t k, const double* a,
          const double* b, double* c) {
  cblas_dgemm(CblasRowMajor, transpose_a ? CblasTrans : CblasNoTrans, transpose_b ? CblasTrans : CblasNoTrans,
              static_cast<int>(m), static_cast<int>(n), static_cast<int>(k), 1.0, a,
              static_cast<int>(transpose_a ? m : k), b, static_cast<int>(transpose_b ? k : n), 0.0, c,
              static_cast<int>(n));
}
#else
namespace {

template <typename T>
void loops(bool transpose_a, bool transpose_b, std::size_t m, std::size_t n, std::size_t k, const T* a, const T* b,
           T* c) {
  core::parallel(m, m * n * k, [=](std::ptrdiff_t i) {
    for (std::size_t j = 0; j < n; ++j) {
      T sum = 0;
      for (std::size_t l = 0; l < k; ++l) {
        sum += (transpose_a ? a[l * m + i] : a[i * k + l]) * (transpose_b ? b[j * k + l] : b[l * n + j]);
      }
      c[i * n + j] = sum;
    }
  });
}

}  // namespace

void gemm(bool transpose_a, bool transpose_b, std::size_t m, std::size_t n, std::size_t k, const float* a,
          const float* b, float* c) {
  loops(transpose_a, transpose_b, m, n, k, a, b, c);
}

void gemm(bool transpose_a, bool transpose_b, std::size_t m, std::size_t n, std::size_t k, const double* a,
          const double* b, double* c) {
  loops(transpose_a, transpose_b, m, n, k, a, b, c);
}
#endif

namespace {

// Two vectors give their scalar product; otherwise the last axis of the one meets the first of the other.
graph::Shape dot_shape(const graph::Attrs& attrs, const graph::Shapes& in) {
  const graph::Shape &a = in[0], &b = in[1];
  const bool turn_a = attrs.flag("transpose_a", false), turn_b = attrs.flag("transpose_b", false);
  CORE_CHECK(a.ndim() >= 1 && b.ndim() >= 1) << "dot of " << a.text() << " and " << b.text();
  CORE_CHECK((turn_a ? a.front() : a.back()) == (turn_b ? b.back() : b.front()))
      << "dot of " << a.text() << (turn_a ? " transposed" : "") << " and " << b.text() << (turn_b ? " transposed" : "");
  graph::Shape shape;
  if (turn_a) {
    shape.insert(shape.end(), a.begin() + 1, a.end());
  } else {
    shape.insert(shape.end(), a.begin(), a.end() - 1);
  }
  if (turn_b) {
    shape.insert(shape.end(), b.begin(), b.end() - 1);
  } else {
    shape.insert(shape.end(), b.begin() + 1, b.end());
  }
  if (shape.empty()) shape.push_back(1);
  return shape;
}

void dot(const graph::Attrs& attrs, const Arrays& in, const NDArray& out) {
  const bool turn_a = attrs.flag("transpose_a", false), turn_b = attrs.flag("transpose_b", false);
  const graph::Shape& a = in[0].shape();
  const std::size_t k = turn_a ? a.front() : a.back();
  if (out.size() == 0 || k == 0) {
    MINI_REAL_SWITCH(out.type(), T, { std::fill_n(out.data<T>(), out.size(), T(0)); })
    return;
  }
  const std::size_t m = in[0].size() / k, n = in[1].size() / k;
  MINI_REAL_SWITCH(out.type(), T, { gemm(turn_a, turn_b, m, n, k, in[0].data<T>(), in[1].data<T>(), out.data<T>()); })
}

}  // namespace

MINI_OP("dot", dot).inputs(2).shapes(dot_shape);

}  // namespace mini
