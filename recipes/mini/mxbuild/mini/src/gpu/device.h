// SPDX-License-Identifier: Apache-2.0
// What the files of the GPU build share; nothing of it is seen by a build for the CPU.
#ifndef MINI_SRC_GPU_DEVICE_H_
#define MINI_SRC_GPU_DEVICE_H_

#include <cuda_runtime.h>

#include <cstddef>

#include <core/log.h>

namespace mini {
namespace gpu {

constexpr unsigned kThreads = 256;

// Blocks of kThreads for n elements; kernels stride where there are fewer.
inline unsigned blocks(std::size_t n) {
  const std::size_t wanted = (n + kThreads - 1) / kThreads;
  return static_cast<unsigned>(wanted < 1 ? 1 : wanted > 4096 ? 4096 : wanted);
}

// Throws with CUDA's own words.
void check(cudaError_t code);

// Calls go to this device from here on; throws where it is not there.
void use(int device);

}  // namespace gpu
}  // namespace mini

#endif  // MINI_SRC_GPU_DEVICE_H_
