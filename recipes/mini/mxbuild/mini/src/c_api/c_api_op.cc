// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include <graph/order.h>
#include <mini/engine.h>
#include <mini/random.h>

#include "c_api_common.h"

using mini::NDArray;
using mini::guarded;

int MXListAllOpNames(mx_uint* out_size, const char*** out_array) {
  static thread_local std::vector<std::string> names;
  static thread_local std::vector<const char*> pointers;
  return guarded([&] {
    names = graph::Ops::get().names();
    pointers.clear();
    for (const std::string& name : names) pointers.push_back(name.c_str());
    *out_size = static_cast<mx_uint>(pointers.size());
    *out_array = pointers.data();
  });
}

int NNGetOpHandle(const char* op_name, AtomicSymbolCreator* out) {
  return guarded([&] {
    const graph::Op* op = graph::Ops::get().find(op_name);
    CORE_CHECK(op != nullptr) << "there is no operator " << op_name;
    *out = op;
  });
}

int MXImperativeInvoke(AtomicSymbolCreator creator, int num_inputs, NDArrayHandle* inputs, int* num_outputs,
                       NDArrayHandle** outputs, int num_params, const char** param_keys, const char** param_vals) {
  static thread_local std::vector<NDArrayHandle> created;
  return guarded([&] {
    CORE_CHECK(creator != nullptr) << "no operator";
    const graph::Op& op = *static_cast<const graph::Op*>(creator);
    graph::Attrs attrs;
    for (int i = 0; i < num_params; ++i) attrs.set(param_keys[i], param_vals[i]);
    mini::Arrays in;
    for (int i = 0; i < num_inputs; ++i) in.push_back(*static_cast<NDArray*>(inputs[i]));
    if (*num_outputs == 0) {
      NDArray result;
      mini::invoke(op, attrs, in, &result);
      created.assign(1, new NDArray(result));
      *num_outputs = 1;
      *outputs = created.data();
    } else {
      CORE_CHECK(*num_outputs == 1) << op.name << " has one output";
      mini::invoke(op, attrs, in, static_cast<NDArray*>((*outputs)[0]));
    }
  });
}

int MXRandomSeed(int seed) {
  return guarded([&] { mini::seed(seed); });
}

int MXGraphOrder(mx_uint num_nodes, mx_uint num_edges, const mx_uint* from, const mx_uint* to, mx_uint* out) {
  return guarded([&] {
    std::vector<std::pair<size_t, size_t>> edges;
    for (mx_uint i = 0; i < num_edges; ++i) edges.emplace_back(from[i], to[i]);
    const std::vector<size_t> found = graph::order(num_nodes, edges);
    std::copy(found.begin(), found.end(), out);
  });
}

int MXDumpProfile(const char** out) {
  static thread_local std::string text;
  return guarded([&] {
    text = mini::profile();
    *out = text.c_str();
  });
}
