// SPDX-License-Identifier: Apache-2.0
#include <core/parallel.h>

#include <algorithm>
#include <cstdlib>

#ifdef _OPENMP
#include <omp.h>
#endif

namespace core {

int threads(std::size_t work) {
#ifdef _OPENMP
  if (work < kSerial) return 1;
  int count = omp_get_max_threads();
  const char* limit = std::getenv("MXNET_OMP_MAX_THREADS");
  if (limit != nullptr && std::atoi(limit) > 0) count = std::min(count, std::atoi(limit));
  return std::max(count, 1);
#else
  (void)work;
  return 1;
#endif
}

}  // namespace core
