extern "C" __global__ void scale(float *x) { x[threadIdx.x] *= 2; }
