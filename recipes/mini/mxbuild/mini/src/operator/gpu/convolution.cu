// SPDX-License-Identifier: Apache-2.0
// Convolution of two dimensions, on the GPU and on the CPU by the same loops.
#include <mini/op.h>
#include <mxnet/c_api_gpu.h>

#include "../../c_api/c_api_common.h"
#include "../../gpu/device.h"

namespace {

// One element of the output, filters x rows x columns for each image.
__host__ __device__ float convolved(const MXGPUWindow& w, const float* data, const float* weight, const float* bias,
                                    size_t index) {
  const int x = static_cast<int>(index % w.out_columns), y = static_cast<int>(index / w.out_columns % w.out_rows);
  const int f = static_cast<int>(index / w.out_columns / w.out_rows % w.filters);
  const size_t image = index / w.out_columns / w.out_rows / w.filters;
  float sum = bias ? bias[f] : 0.0f;
  for (int c = 0; c < w.channels; ++c) {
    for (int i = 0; i < w.kernel_rows; ++i) {
      for (int j = 0; j < w.kernel_columns; ++j) {
        const int row = y * w.stride_rows + i - w.pad_rows, column = x * w.stride_columns + j - w.pad_columns;
        if (row < 0 || row >= w.rows || column < 0 || column >= w.columns) continue;
        sum += data[((image * w.channels + c) * w.rows + row) * w.columns + column] *
               weight[((static_cast<size_t>(f) * w.channels + c) * w.kernel_rows + i) * w.kernel_columns + j];
      }
    }
  }
  return sum;
}

__global__ void convolve(MXGPUWindow w, const float* data, const float* weight, const float* bias, float* to, size_t n) {
  const size_t step = static_cast<size_t>(gridDim.x) * blockDim.x;
  for (size_t i = static_cast<size_t>(blockIdx.x) * blockDim.x + threadIdx.x; i < n; i += step) {
    to[i] = convolved(w, data, weight, bias, i);
  }
}

size_t elements(const MXGPUWindow& w) {
  return static_cast<size_t>(w.images) * w.filters * w.out_rows * w.out_columns;
}

MXGPUWindow window(const graph::Attrs& attrs, const graph::Shape& data, const graph::Shape& weight) {
  CORE_CHECK(data.ndim() == 4 && weight.ndim() == 4 && weight[1] == data[1])
      << "data " << data.text() << ", weight " << weight.text();
  std::vector<std::int64_t> stride = attrs.tuple("stride"), pad = attrs.tuple("pad");
  if (stride.empty()) stride.assign(2, 1);
  if (pad.empty()) pad.assign(2, 0);
  CORE_CHECK(stride.size() == 2 && pad.size() == 2 && stride[0] > 0 && stride[1] > 0) << "stride and pad are pairs";
  MXGPUWindow w;
  w.images = static_cast<int>(data[0]);
  w.channels = static_cast<int>(data[1]);
  w.rows = static_cast<int>(data[2]);
  w.columns = static_cast<int>(data[3]);
  w.filters = static_cast<int>(weight[0]);
  w.kernel_rows = static_cast<int>(weight[2]);
  w.kernel_columns = static_cast<int>(weight[3]);
  w.stride_rows = static_cast<int>(stride[0]);
  w.stride_columns = static_cast<int>(stride[1]);
  w.pad_rows = static_cast<int>(pad[0]);
  w.pad_columns = static_cast<int>(pad[1]);
  w.out_rows = (w.rows + 2 * w.pad_rows - w.kernel_rows) / w.stride_rows + 1;
  w.out_columns = (w.columns + 2 * w.pad_columns - w.kernel_columns) / w.stride_columns + 1;
  CORE_CHECK(w.rows + 2 * w.pad_rows >= w.kernel_rows && w.columns + 2 * w.pad_columns >= w.kernel_columns)
      << "weight " << weight.text() << " is larger than data " << data.text();
  return w;
}

graph::Shape shape_of(const graph::Attrs& attrs, const graph::Shapes& in) {
  const MXGPUWindow w = window(attrs, in[0], in[1]);
  graph::Shape shape;
  for (const int length : {w.images, w.filters, w.out_rows, w.out_columns}) {
    shape.push_back(static_cast<std::uint32_t>(length));
  }
  return shape;
}

void on_cpu(const graph::Attrs& attrs, const mini::Arrays& in, const mini::NDArray& out) {
  const MXGPUWindow w = window(attrs, in[0].shape(), in[1].shape());
  const float* bias = in.size() == 3 ? in[2].data<float>() : nullptr;
  float* to = out.data<float>();
  for (size_t i = 0; i < out.size(); ++i) to[i] = convolved(w, in[0].data<float>(), in[1].data<float>(), bias, i);
}

MINI_OP("Convolution", on_cpu).inputs(2, 3).shapes(shape_of);

}  // namespace

using mini::guarded;

int MXGPUConvolution(int device, const MXGPUWindow* window, const float* data, const float* weight, const float* bias,
                     float* to) {
  return guarded([&] {
    mini::gpu::use(device);
    const size_t size = elements(*window);
    convolve<<<mini::gpu::blocks(size), mini::gpu::kThreads>>>(*window, data, weight, bias, to, size);
    mini::gpu::check(cudaGetLastError());
  });
}
