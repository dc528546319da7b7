// mxbuild_template in C++: x / (1 + slope * |x|), one slope for each column; with its gradient.
//
// make compiles it into libmxnet.so where EXTRA_OPERATORS names this directory. It needs MXNet's public headers alone,
// and registers two operators of NNVM: this one, and the one that computes its gradient. The name must be new:
// registering a name that MXNet has changes MXNet's operator.
#include <mxnet/base.h>
#include <mxnet/op_attr_types.h>
#include <nnvm/node.h>
#include <nnvm/op.h>
#include <nnvm/op_attr_types.h>

#include <string>
#include <vector>

namespace mxbuild_template {

using mxnet::OpContext;
using mxnet::OpReqType;
using mxnet::TBlob;
using mxnet::TShape;

#if MXNET_VERSION >= 10500  // since then MXNet has shapes of its own
using mxnet::FInferShape;
#else
using nnvm::FInferShape;
#endif

bool Known(const TShape& shape) {
  if (shape.ndim() == 0 || shape.ndim() > 32) return false;  // unknown; -1 before it was made unsigned
  for (const auto length : shape) {
    if (length <= 0) return false;
  }
  return true;
}

/* The slope's shape follows from the data's. False: not known yet, ask again. */
bool InferShape(const nnvm::NodeAttrs& attrs, std::vector<TShape>* in, std::vector<TShape>* out) {
  CHECK_EQ(in->size(), 2U);
  CHECK_EQ(out->size(), 1U);
  if (!Known(in->at(0))) return false;
  CHECK_EQ(static_cast<int>(in->at(0).ndim()), 2) << attrs.name << ": data has to have rows and columns";
  const TShape slope(mshadow::Shape1(in->at(0)[1]));
  if (Known(in->at(1))) {
    CHECK_EQ(in->at(1), slope) << attrs.name << ": one slope for each column of data";
  }
  in->at(1) = slope;
  out->at(0) = in->at(0);
  return true;
}

/* All three have one type. -1: not known yet. */
bool InferType(const nnvm::NodeAttrs& attrs, std::vector<int>* in, std::vector<int>* out) {
  int type = -1;
  for (const int one : {in->at(0), in->at(1), out->at(0)}) {
    if (one == -1) continue;
    CHECK(type == -1 || type == one) << attrs.name << ": data and slope have different types";
    type = one;
  }
  if (type == -1) return false;
  CHECK(type == mshadow::kFloat32 || type == mshadow::kFloat64) << attrs.name << ": float32 or float64";
  in->at(0) = in->at(1) = out->at(0) = type;
  return true;
}

/* As the caller asks: over what is there, added to it, or not at all. */
template <typename Real>
void Write(Real* place, Real value, OpReqType request) {
  if (request == mxnet::kAddTo) {
    *place += value;
  } else if (request != mxnet::kNullOp) {
    *place = value;
  }
}

template <typename Real>
Real Magnitude(Real x) {
  return x < 0 ? -x : x;
}

template <typename Real>
void Limit(const std::vector<TBlob>& in, const std::vector<OpReqType>& req, const std::vector<TBlob>& out) {
  const Real *data = in[0].dptr<Real>(), *slope = in[1].dptr<Real>();
  const size_t size = in[0].Size(), columns = in[1].Size();
  for (size_t i = 0; i < size; ++i) {
    const Real x = data[i];
    Write(out[0].dptr<Real>() + i, x / (1 + slope[i % columns] * Magnitude(x)), req[0]);
  }
}

/* in: the gradient from above, data, slope. out: the gradients by data and by slope. */
template <typename Real>
void LimitGradient(const std::vector<TBlob>& in, const std::vector<OpReqType>& req, const std::vector<TBlob>& out) {
  const Real *head = in[0].dptr<Real>(), *data = in[1].dptr<Real>(), *slope = in[2].dptr<Real>();
  const size_t size = in[1].Size(), columns = in[2].Size();
  std::vector<Real> sums(columns, 0);
  for (size_t i = 0; i < size; ++i) {
    const Real x = data[i], below = 1 + slope[i % columns] * Magnitude(x);
    const Real grad = head[i] / (below * below);
    sums[i % columns] -= grad * x * Magnitude(x);
    Write(out[0].dptr<Real>() + i, grad, req[0]);
  }
  for (size_t column = 0; column < columns; ++column) {
    Write(out[1].dptr<Real>() + column, sums[column], req[1]);
  }
}

void Forward(const nnvm::NodeAttrs&, const OpContext&, const std::vector<TBlob>& in,
             const std::vector<OpReqType>& req, const std::vector<TBlob>& out) {
  if (in[0].type_flag_ == mshadow::kFloat64) {
    Limit<double>(in, req, out);
  } else {
    Limit<float>(in, req, out);
  }
}

void Backward(const nnvm::NodeAttrs&, const OpContext&, const std::vector<TBlob>& in,
              const std::vector<OpReqType>& req, const std::vector<TBlob>& out) {
  if (in[0].type_flag_ == mshadow::kFloat64) {
    LimitGradient<double>(in, req, out);
  } else {
    LimitGradient<float>(in, req, out);
  }
}

/* The node that computes the gradient; a template, since releases name the pointer to a node differently. */
struct Gradient {
  template <typename Pointer>
  std::vector<nnvm::NodeEntry> operator()(const Pointer& node, const std::vector<nnvm::NodeEntry>& heads) const {
    auto made = nnvm::Node::Create();
    made->attrs.op = nnvm::Op::Get("_backward_mxbuild_template");
    made->attrs.name = node->attrs.name + "_backward";
    made->inputs = {heads[0], node->inputs[0], node->inputs[1]};
    made->control_deps.push_back(node);  // shapes and types of gradients are those of its inputs
    return {nnvm::NodeEntry{made, 0, 0}, nnvm::NodeEntry{made, 1, 0}};
  }
};

std::vector<std::string> Arguments(const nnvm::NodeAttrs&) { return {"data", "slope"}; }

NNVM_REGISTER_OP(mxbuild_template)
    .describe("x / (1 + slope * |x|), with one slope for each column of data.")
    .set_num_inputs(2)
    .set_num_outputs(1)
    .set_attr<nnvm::FListInputNames>("FListInputNames", Arguments)
    .set_attr<FInferShape>("FInferShape", InferShape)
    .set_attr<nnvm::FInferType>("FInferType", InferType)
    .set_attr<nnvm::FGradient>("FGradient", Gradient())
    .set_attr<mxnet::FCompute>("FCompute<cpu>", Forward)
    .add_argument("data", "NDArray-or-Symbol", "Rows and columns.")
    .add_argument("slope", "NDArray-or-Symbol", "One for each column.");

NNVM_REGISTER_OP(_backward_mxbuild_template)
    .set_num_inputs(3)
    .set_num_outputs(2)
    .set_attr<nnvm::TIsBackward>("TIsBackward", true)
    .set_attr<mxnet::FCompute>("FCompute<cpu>", Backward);

}  // namespace mxbuild_template
