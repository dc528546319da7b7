// SPDX-License-Identifier: Apache-2.0
#ifndef CORE_RANDOM_H_
#define CORE_RANDOM_H_

#include <cmath>
#include <cstdint>

namespace core {

// A stream in which the n-th number can be had without those before it, so that
// threads can fill one array and the result does not depend on their number.
class Stream {
 public:
  explicit Stream(std::uint64_t seed) : seed_(mix(seed ^ 0x6a09e667f3bcc909ull)) {}

  // [0, 1)
  double uniform(std::uint64_t n) const {
    return static_cast<double>(mix(seed_ + n * 0x9e3779b97f4a7c15ull) >> 11) / 9007199254740992.0;
  }

  // Mean 0, deviation 1 (Box and Muller).
  double normal(std::uint64_t n) const {
    const double radius = std::sqrt(-2.0 * std::log(1.0 - uniform(2 * n)));
    return radius * std::cos(6.283185307179586 * uniform(2 * n + 1));
  }

 private:
  static std::uint64_t mix(std::uint64_t x) {
    x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9ull;
    x = (x ^ (x >> 27)) * 0x94d049bb133111ebull;
    return x ^ (x >> 31);
  }

  std::uint64_t seed_;
};

}  // namespace core

#endif  // CORE_RANDOM_H_
