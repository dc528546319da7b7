// SPDX-License-Identifier: Apache-2.0
// Operators that work on each element by itself.
#include <mxnet/c_api_gpu.h>

#include "../../c_api/c_api_common.h"
#include "../../gpu/device.h"

namespace {

__global__ void affine(float* to, const float* from, size_t n, float factor, float term) {
  const size_t step = static_cast<size_t>(gridDim.x) * blockDim.x;
  for (size_t i = static_cast<size_t>(blockIdx.x) * blockDim.x + threadIdx.x; i < n; i += step) {
    to[i] = (from ? factor * from[i] : 0.0f) + term;
  }
}

__global__ void added(float* to, const float* a, const float* b, size_t n) {
  const size_t step = static_cast<size_t>(gridDim.x) * blockDim.x;
  for (size_t i = static_cast<size_t>(blockIdx.x) * blockDim.x + threadIdx.x; i < n; i += step) to[i] = a[i] + b[i];
}

}  // namespace

using mini::guarded;

int MXGPUAffine(int device, float* to, const float* from, size_t size, float factor, float term) {
  return guarded([&] {
    mini::gpu::use(device);
    affine<<<mini::gpu::blocks(size), mini::gpu::kThreads>>>(to, from, size, factor, term);
    mini::gpu::check(cudaGetLastError());
  });
}

int MXGPUAdd(int device, float* to, const float* a, const float* b, size_t size) {
  return guarded([&] {
    mini::gpu::use(device);
    added<<<mini::gpu::blocks(size), mini::gpu::kThreads>>>(to, a, b, size);
    mini::gpu::check(cudaGetLastError());
  });
}
