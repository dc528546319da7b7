#ifndef SHIM_CUDA_H_
#define SHIM_CUDA_H_
typedef int CUresult;
enum { CUDA_SUCCESS = 0 };
extern "C" CUresult cuDriverGetVersion(int* version);
#endif  // SHIM_CUDA_H_
