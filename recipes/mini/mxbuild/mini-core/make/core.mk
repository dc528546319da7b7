# Flags that whoever links libcore.a has to use as well.
CORE_CFLAGS = -fPIC
CORE_LDFLAGS = -pthread

ifneq ($(NO_OPENMP), 1)
	CORE_CFLAGS += -fopenmp
	CORE_LDFLAGS += -fopenmp
endif
