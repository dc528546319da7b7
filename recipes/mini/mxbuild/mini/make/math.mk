# Flags of the mathematical libraries: MATH_CFLAGS, MATH_LDFLAGS.
MATH_CFLAGS = -funroll-loops -Wno-unknown-pragmas
MATH_LDFLAGS = -lm

ifeq ($(USE_SSE), 1)
	MATH_CFLAGS += -msse3
endif

ifeq ($(USE_BLAS), NONE)
	MATH_CFLAGS += -DMINI_USE_CBLAS=0
else
	MATH_CFLAGS += -DMINI_USE_CBLAS=1
endif

ifeq ($(USE_BLAS), openblas)
	MATH_LDFLAGS += -lopenblas
else ifeq ($(USE_BLAS), atlas)
	MATH_LDFLAGS += -lcblas
else ifeq ($(USE_BLAS), blas)
	MATH_LDFLAGS += -lblas
endif

ifeq ($(USE_CUDA), 1)
	MATH_LDFLAGS += -lcudart -lcublas -lcurand
endif
ifneq ($(USE_CUDA_PATH), NONE)
	MATH_CFLAGS += -I$(USE_CUDA_PATH)/include
	MATH_LDFLAGS += -L$(USE_CUDA_PATH)/lib64 -L$(USE_CUDA_PATH)/lib
endif
