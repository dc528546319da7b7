// SPDX-License-Identifier: Apache-2.0
#include <cstring>

#include <mini/ndarray.h>

#include "c_api_common.h"

using mini::NDArray;
using mini::guarded;

namespace {

const NDArray& array(NDArrayHandle handle) {
  CORE_CHECK(handle != nullptr) << "no array";
  return *static_cast<const NDArray*>(handle);
}

void copy(NDArrayHandle handle, void* to, const void* from, size_t size) {
  const NDArray& it = array(handle);
  CORE_CHECK(size == it.size()) << size << " elements for an array of shape " << it.shape().text();
  std::memcpy(to, from, size * mini::type_size(it.type()));
}

}  // namespace

int MXNDArrayCreateEx(const mx_uint* shape, mx_uint ndim, int dev_type, int, int, int dtype, NDArrayHandle* out) {
  return guarded([&] {
    CORE_CHECK(dev_type == 1) << "built for the CPU: compile with USE_CUDA=1 for the GPU";
    *out = new NDArray(graph::Shape(shape, shape + ndim), dtype);
  });
}

int MXNDArrayFree(NDArrayHandle handle) {
  return guarded([&] { delete static_cast<NDArray*>(handle); });
}

int MXNDArraySyncCopyFromCPU(NDArrayHandle handle, const void* data, size_t size) {
  return guarded([&] { copy(handle, array(handle).raw(), data, size); });
}

int MXNDArraySyncCopyToCPU(NDArrayHandle handle, void* data, size_t size) {
  return guarded([&] { copy(handle, data, array(handle).raw(), size); });
}

int MXNDArrayGetShape(NDArrayHandle handle, mx_uint* out_dim, const mx_uint** out_pdata) {
  return guarded([&] {
    *out_dim = static_cast<mx_uint>(array(handle).shape().size());
    *out_pdata = array(handle).shape().data();
  });
}

int MXNDArrayGetDType(NDArrayHandle handle, int* out) {
  return guarded([&] { *out = array(handle).type(); });
}

int MXNDArrayGetContext(NDArrayHandle handle, int* out_dev_type, int* out_dev_id) {
  return guarded([&] {
    array(handle);
    *out_dev_type = 1;
    *out_dev_id = 0;
  });
}

int MXNDArraySlice(NDArrayHandle handle, mx_uint begin, mx_uint end, NDArrayHandle* out) {
  return guarded([&] { *out = new NDArray(array(handle).slice(begin, end)); });
}

int MXNDArrayAt(NDArrayHandle handle, mx_uint index, NDArrayHandle* out) {
  return guarded([&] {
    const NDArray row = array(handle).slice(index, static_cast<size_t>(index) + 1);
    const graph::Shape& shape = row.shape();
    *out = new NDArray(row.reshape(shape.size() == 1 ? shape : graph::Shape(shape.begin() + 1, shape.end())));
  });
}

int MXNDArrayReshape(NDArrayHandle handle, int ndim, int* dims, NDArrayHandle* out) {
  return guarded([&] {
    graph::Shape shape;
    int open = -1;
    for (int axis = 0; axis < ndim; ++axis) {
      if (dims[axis] == -1 && open < 0) {
        open = axis;
        shape.push_back(1);
      } else {
        CORE_CHECK(dims[axis] >= 0) << "length " << dims[axis] << " of an axis";
        shape.push_back(static_cast<mx_uint>(dims[axis]));
      }
    }
    if (open >= 0 && shape.elements() > 0) {
      shape[open] = static_cast<mx_uint>(array(handle).size() / shape.elements());
    }
    *out = new NDArray(array(handle).reshape(shape));
  });
}

// Every operator has ended when its call returns.
int MXNDArrayWaitAll(void) { return 0; }
