// SPDX-License-Identifier: Apache-2.0
#include <core/log.h>
#include <graph/order.h>

#include <functional>
#include <queue>

namespace graph {

std::vector<std::size_t> order(std::size_t nodes, const std::vector<std::pair<std::size_t, std::size_t>>& edges) {
  std::vector<std::vector<std::size_t>> next(nodes);
  std::vector<std::size_t> waits(nodes, 0);
  for (const auto& edge : edges) {
    CORE_CHECK(edge.first < nodes && edge.second < nodes) << "an edge leads out of the graph";
    next[edge.first].push_back(edge.second);
    ++waits[edge.second];
  }
  std::priority_queue<std::size_t, std::vector<std::size_t>, std::greater<std::size_t>> ready;
  for (std::size_t node = 0; node < nodes; ++node) {
    if (waits[node] == 0) ready.push(node);
  }
  std::vector<std::size_t> done;
  while (!ready.empty()) {
    const std::size_t node = ready.top();
    ready.pop();
    done.push_back(node);
    for (const std::size_t after : next[node]) {
      if (--waits[after] == 0) ready.push(after);
    }
  }
  CORE_CHECK(done.size() == nodes) << "the graph has a cycle";
  return done;
}

}  // namespace graph
