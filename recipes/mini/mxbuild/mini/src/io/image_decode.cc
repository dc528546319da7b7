// SPDX-License-Identifier: Apache-2.0
// _cvimdecode: the bytes of an image file (uint8, one axis) give rows, columns, channels (uint8).
#include <mini/op.h>

#if MXNET_USE_OPENCV
#include <opencv2/opencv.hpp>
#endif

namespace mini {

namespace {

#if MXNET_USE_OPENCV
NDArray decode(const graph::Attrs& attrs, const Arrays& in) {
  const bool colour = attrs.integer("flag", 1) != 0;
  const cv::Mat bytes(1, static_cast<int>(in[0].size()), CV_8U, in[0].data<std::uint8_t>());
  cv::Mat image;
  if (!bytes.empty()) image = cv::imdecode(bytes, colour ? CV_LOAD_IMAGE_COLOR : CV_LOAD_IMAGE_GRAYSCALE);
  CORE_CHECK(!image.empty()) << "these " << in[0].size() << " bytes are no image that OpenCV can decode";
  // OpenCV has blue first.
  if (colour && attrs.flag("to_rgb", true)) cv::cvtColor(image, image, CV_BGR2RGB);
  const NDArray out(graph::Shape{static_cast<std::uint32_t>(image.rows), static_cast<std::uint32_t>(image.cols),
                                 static_cast<std::uint32_t>(image.channels())},
                    kUint8);
  cv::Mat target(image.rows, image.cols, image.type(), out.raw());
  image.copyTo(target);
  return out;
}
#else
NDArray decode(const graph::Attrs&, const Arrays&) {
  CORE_FATAL() << "imdecode: built without OpenCV (USE_OPENCV=1)";
  return NDArray();
}
#endif

}  // namespace

GRAPH_OP("_cvimdecode").inputs(1).attr<Create>("Create", decode);

}  // namespace mini
