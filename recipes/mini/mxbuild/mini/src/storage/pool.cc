// SPDX-License-Identifier: Apache-2.0
#include "pool.h"

#include <cstdlib>

#include <core/log.h>

namespace mini {

namespace {

// A cache line for the small ones, else the next quarter of a power of two.
std::size_t rounded(std::size_t bytes) {
  std::size_t step = 64;
  while (step * 8 < bytes) step *= 2;
  return (bytes / step + 1) * step;
}

}  // namespace

Pool& Pool::get() {
  static Pool* pool = new Pool();  // never destroyed: arrays may outlive main()
  return *pool;
}

void* Pool::take(std::size_t bytes) {
  const std::size_t size = rounded(bytes);
  {
    std::lock_guard<std::mutex> lock(mutex_);
    const auto found = free_.find(size);
    if (found != free_.end() && !found->second.empty()) {
      void* block = found->second.back();
      found->second.pop_back();
      kept_ -= size;
      return block;
    }
  }
  void* block = nullptr;
  CORE_CHECK(posix_memalign(&block, 64, size) == 0) << "no memory for " << bytes << " bytes";
  return block;
}

void Pool::give(void* block, std::size_t bytes) {
  const std::size_t size = rounded(bytes);
  {
    std::lock_guard<std::mutex> lock(mutex_);
    if (kept_ + size <= kKept) {
      free_[size].push_back(block);
      kept_ += size;
      return;
    }
  }
  std::free(block);
}

}  // namespace mini
