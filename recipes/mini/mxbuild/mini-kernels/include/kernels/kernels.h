// SPDX-License-Identifier: Apache-2.0
#ifndef KERNELS_KERNELS_H_
#define KERNELS_KERNELS_H_

#include <stddef.h>

#ifdef __cplusplus
extern "C" {
#endif

// out[i] = min(max(in[i], 0), 6)
void mini_kernels_relu6(const float* in, float* out, size_t size);

const char* mini_kernels_about(void);

#ifdef __cplusplus
}
#endif

#endif  // KERNELS_KERNELS_H_
