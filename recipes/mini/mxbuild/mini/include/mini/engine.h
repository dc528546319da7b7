// SPDX-License-Identifier: Apache-2.0
#ifndef MINI_ENGINE_H_
#define MINI_ENGINE_H_

#include <string>

#include <graph/op.h>
#include <mini/op.h>

namespace mini {

// Runs `op` at once. `out` is written where it is an array, created where it is empty.
void invoke(const graph::Op& op, const graph::Attrs& attrs, const Arrays& in, NDArray* out);

// Operator, calls, seconds: a line each.
std::string profile();

}  // namespace mini

#endif  // MINI_ENGINE_H_
