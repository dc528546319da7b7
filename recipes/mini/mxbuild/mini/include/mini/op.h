// SPDX-License-Identifier: Apache-2.0
#ifndef MINI_OP_H_
#define MINI_OP_H_

#include <functional>
#include <vector>

#include <graph/op.h>
#include <mini/ndarray.h>

namespace mini {

typedef std::vector<NDArray> Arrays;
// Attribute "Compute": writes the output, whose shape and type are right already.
typedef std::function<void(const graph::Attrs&, const Arrays&, const NDArray&)> Compute;
// Attribute "Type", optional: the output's type; that of the first input otherwise.
typedef std::function<int(const graph::Attrs&, const Arrays&)> TypeRule;
// Attribute "Create", for operators whose shape depends on the values of their inputs.
typedef std::function<NDArray(const graph::Attrs&, const Arrays&)> Create;

// The attribute `dtype`, float32 where there is none.
int type_as_given(const graph::Attrs& attrs, const Arrays& in);

}  // namespace mini

#define MINI_OP(opname, function) GRAPH_OP(opname).attr<::mini::Compute>("Compute", function)

#endif  // MINI_OP_H_
