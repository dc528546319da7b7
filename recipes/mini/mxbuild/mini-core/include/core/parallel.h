// SPDX-License-Identifier: Apache-2.0
#ifndef CORE_PARALLEL_H_
#define CORE_PARALLEL_H_

#include <cstddef>

namespace core {

// Loops shorter than this are not worth a second thread.
constexpr std::size_t kSerial = 8192;

// Threads that a loop over `work` elements gets: OpenMP's own number, at most
// MXNET_OMP_MAX_THREADS, and 1 for short loops or without OpenMP.
int threads(std::size_t work);

// body(0) to body(n - 1), shared out among the threads that `work` elements deserve.
// The body does not throw.
template <typename Body>
inline void parallel(std::size_t n, std::size_t work, const Body& body) {
  const std::ptrdiff_t end = static_cast<std::ptrdiff_t>(n);
#pragma omp parallel for num_threads(threads(work))
  for (std::ptrdiff_t i = 0; i < end; ++i) body(i);
}

}  // namespace core

#endif  // CORE_PARALLEL_H_
