/* SPDX-License-Identifier: Apache-2.0
 *
 * The part of the C interface that only a library built with USE_CUDA=1 has: memory and operators of a GPU, float32.
 * Pointers are the device's unless said otherwise. Results as in c_api.h.
 */
#ifndef MXNET_C_API_GPU_H_
#define MXNET_C_API_GPU_H_

#include <stddef.h>

#ifdef __cplusplus
extern "C" {
#endif

int MXGPUAlloc(int device, size_t bytes, void** out);
int MXGPUFree(int device, void* block);
/* Either side may be the host's. */
int MXGPUCopy(int device, void* to, const void* from, size_t bytes);

/* to = factor * from + term, or term alone where `from` is NULL */
int MXGPUAffine(int device, float* to, const float* from, size_t size, float factor, float term);
int MXGPUAdd(int device, float* to, const float* a, const float* b, size_t size);
int MXGPUSum(int device, float* to, const float* from, size_t size);

/* data: images x channels x rows x columns; weight: filters x channels x kernel_rows x kernel_columns */
typedef struct {
  int images, channels, rows, columns;
  int filters, kernel_rows, kernel_columns;
  int stride_rows, stride_columns, pad_rows, pad_columns;
  int out_rows, out_columns;
} MXGPUWindow;
/* `window` is the host's; `bias` may be NULL. */
int MXGPUConvolution(int device, const MXGPUWindow* window, const float* data, const float* weight, const float* bias,
                     float* to);

#ifdef __cplusplus
}
#endif

#endif /* MXNET_C_API_GPU_H_ */
