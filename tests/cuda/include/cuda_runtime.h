// The run-time API as far as the miniature uses it, and kernels that run thread by thread.
#ifndef SHIM_CUDA_RUNTIME_H_
#define SHIM_CUDA_RUNTIME_H_

#include <stddef.h>

#define __global__
#define __device__
#define __host__

// Named as NVIDIA's is: objects of ours and of a real nvcc can then be linked together.
enum cudaError { cudaSuccess = 0 };
typedef enum cudaError cudaError_t;
enum { cudaMemcpyDefault = 4 };

extern "C" {
cudaError_t cudaMalloc(void** out, size_t size);
cudaError_t cudaFree(void* block);
cudaError_t cudaMemcpy(void* to, const void* from, size_t size, int kind);
cudaError_t cudaSetDevice(int device);
cudaError_t cudaGetLastError(void);
const char* cudaGetErrorString(cudaError_t code);
}

namespace shim {

struct Index {
  unsigned x;
};
static Index grid_size, block_size, block, thread;

template <typename... Taken, typename... Given>
void run(void (*kernel)(Taken...), unsigned blocks, unsigned threads, Given... given) {
  grid_size.x = blocks;
  block_size.x = threads;
  for (block.x = 0; block.x < blocks; ++block.x) {
    for (thread.x = 0; thread.x < threads; ++thread.x) kernel(given...);
  }
}

}  // namespace shim

#define gridDim ::shim::grid_size
#define blockDim ::shim::block_size
#define blockIdx ::shim::block
#define threadIdx ::shim::thread

#endif  // SHIM_CUDA_RUNTIME_H_
