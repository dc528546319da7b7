# What a build can choose. Values on make's command line win over these; a file ./config.mk
# in the root, where there is one, is read instead of this one.

# --- compilers (one word each: they are handed on to sub-makes and to nvcc) ---
export CC = gcc
export CXX = g++
export NVCC = nvcc

# 1: warnings are errors
DEV = 0
# 1: no optimisation, debugging information
DEBUG = 0
# 1: the engine measures each operator
USE_PROFILER =

# further flags; NONE is the same as nothing
ADD_CFLAGS =
ADD_LDFLAGS =

# --- the device ---
USE_CUDA = 0
# root of the toolkit; NONE: nvcc is on PATH and the linker knows the rest
USE_CUDA_PATH = NONE
USE_CUDNN = 0
# empty: every architecture that nvcc admits to knowing
CUDA_ARCH =

# --- libraries ---
USE_OPENCV = 1
USE_OPENMP = 1
# openblas, atlas, blas, or NONE for plain loops
USE_BLAS = atlas
USE_LAPACK = 1
# directory of liblapack.a, where it is neither /lib nor /usr/lib
USE_LAPACK_PATH =
# allocators, taken if they happen to be installed; tcmalloc comes first
USE_GPERFTOOLS = 1
USE_JEMALLOC = 1

# 1: relu6 out of kernels/, which needs CMake
USE_KERNELS = 1

# --- instructions ---
USE_SSE = 1

# --- operators in other directories ---
EXTRA_OPERATORS =
