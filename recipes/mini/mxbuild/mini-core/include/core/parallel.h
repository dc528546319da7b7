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

}  // namespace core

#endif  // CORE_PARALLEL_H_
