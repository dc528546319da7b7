# Used when the library is built alone.
export CC = gcc
export CXX = g++

ADD_CFLAGS =
