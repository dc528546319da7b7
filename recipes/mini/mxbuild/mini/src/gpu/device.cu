// SPDX-License-Identifier: Apache-2.0
// Memory on the GPU, and copies to and from it.
#include "device.h"

#include <cuda.h>

#include <mxnet/c_api_gpu.h>

#include "../c_api/c_api_common.h"

namespace mini {
namespace gpu {

void check(cudaError_t code) { CORE_CHECK(code == cudaSuccess) << "CUDA: " << cudaGetErrorString(code); }

void use(int device) {
  int version = 0;
  CORE_CHECK(cuDriverGetVersion(&version) == CUDA_SUCCESS) << "CUDA: no driver answers";
  check(cudaSetDevice(device));
}

}  // namespace gpu
}  // namespace mini

using mini::guarded;

int MXGPUAlloc(int device, size_t bytes, void** out) {
  return guarded([&] {
    mini::gpu::use(device);
    mini::gpu::check(cudaMalloc(out, bytes ? bytes : 1));
  });
}

int MXGPUFree(int device, void* block) {
  return guarded([&] {
    mini::gpu::use(device);
    mini::gpu::check(cudaFree(block));
  });
}

int MXGPUCopy(int device, void* to, const void* from, size_t bytes) {
  return guarded([&] {
    mini::gpu::use(device);
    mini::gpu::check(cudaMemcpy(to, from, bytes, cudaMemcpyDefault));
  });
}
