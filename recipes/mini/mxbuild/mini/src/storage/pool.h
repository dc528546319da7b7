// SPDX-License-Identifier: Apache-2.0
#ifndef MINI_SRC_STORAGE_POOL_H_
#define MINI_SRC_STORAGE_POOL_H_

#include <cstddef>
#include <map>
#include <mutex>
#include <vector>

namespace mini {

// Blocks of memory, kept for the next array of that size up to a limit.
class Pool {
 public:
  static Pool& get();
  void* take(std::size_t bytes);
  void give(void* block, std::size_t bytes);

 private:
  static constexpr std::size_t kKept = 64u << 20;
  std::mutex mutex_;
  std::map<std::size_t, std::vector<void*>> free_;
  std::size_t kept_ = 0;
};

}  // namespace mini

#endif  // MINI_SRC_STORAGE_POOL_H_
