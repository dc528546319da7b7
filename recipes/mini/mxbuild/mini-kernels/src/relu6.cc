// SPDX-License-Identifier: Apache-2.0
#include <kernels/kernels.h>

#include <algorithm>

void mini_kernels_relu6(const float* in, float* out, size_t size) {
  std::transform(in, in + size, out, [](float x) { return std::min(std::max(x, 0.0f), 6.0f); });
}
