# Used when the library is built alone; a superproject passes its own with config=.
export CC = gcc
export CXX = g++

# instructions of 2004 and later (x86 only)
USE_SSE = 1

ADD_CFLAGS =
