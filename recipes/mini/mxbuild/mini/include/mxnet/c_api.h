/* SPDX-License-Identifier: Apache-2.0
 *
 * The C interface of mini. Functions have the names and signatures of MXNet's, as far as they go.
 * Each returns 0, or -1 after which MXGetLastError() has the text. Handles are owned by the caller.
 */
#ifndef MXNET_C_API_H_
#define MXNET_C_API_H_

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef unsigned int mx_uint;
typedef void* NDArrayHandle;
typedef const void* AtomicSymbolCreator;

/* Text of this thread's last error. */
const char* MXGetLastError(void);

/* 10000 * major + 100 * minor + patch */
int MXGetVersion(int* out);

/* --- arrays: dense, row by row; dtype: 0 float32, 1 float64, 3 uint8, 4 int32 --- */
int MXNDArrayCreateEx(const mx_uint* shape, mx_uint ndim, int dev_type, int dev_id, int delay_alloc, int dtype,
                      NDArrayHandle* out);
int MXNDArrayFree(NDArrayHandle handle);
/* `size` counts elements. */
int MXNDArraySyncCopyFromCPU(NDArrayHandle handle, const void* data, size_t size);
int MXNDArraySyncCopyToCPU(NDArrayHandle handle, void* data, size_t size);
/* What comes back stays valid as long as the handle. */
int MXNDArrayGetShape(NDArrayHandle handle, mx_uint* out_dim, const mx_uint** out_pdata);
int MXNDArrayGetDType(NDArrayHandle handle, int* out);
int MXNDArrayGetContext(NDArrayHandle handle, int* out_dev_type, int* out_dev_id);
/* Views: they share the memory. Slice takes [begin, end) of the first axis, At drops the first axis. */
int MXNDArraySlice(NDArrayHandle handle, mx_uint begin, mx_uint end, NDArrayHandle* out);
int MXNDArrayAt(NDArrayHandle handle, mx_uint index, NDArrayHandle* out);
int MXNDArrayReshape(NDArrayHandle handle, int ndim, int* dims, NDArrayHandle* out);
int MXNDArrayWaitAll(void);

/* --- operators --- */
int MXListAllOpNames(mx_uint* out_size, const char*** out_array);
int NNGetOpHandle(const char* op_name, AtomicSymbolCreator* out);
/* Runs an operator. *num_outputs is 0 and *outputs NULL: outputs are created, and their list stays valid
 * until this thread's next call; else they are written to the arrays given. */
int MXImperativeInvoke(AtomicSymbolCreator creator, int num_inputs, NDArrayHandle* inputs, int* num_outputs,
                       NDArrayHandle** outputs, int num_params, const char** param_keys, const char** param_vals);
int MXRandomSeed(int seed);

/* --- graphs: an order for `num_nodes` nodes with the edges from[i] -> to[i], written to `out` --- */
int MXGraphOrder(mx_uint num_nodes, mx_uint num_edges, const mx_uint* from, const mx_uint* to, mx_uint* out);

/* --- the engine's table of operators, calls and seconds; an error unless built with USE_PROFILER=1 --- */
int MXDumpProfile(const char** out);

#ifdef __cplusplus
}
#endif

#endif /* MXNET_C_API_H_ */
