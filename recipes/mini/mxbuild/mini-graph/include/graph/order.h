// SPDX-License-Identifier: Apache-2.0
#ifndef GRAPH_ORDER_H_
#define GRAPH_ORDER_H_

#include <cstddef>
#include <utility>
#include <vector>

namespace graph {

// An order in which every node comes after those it takes its inputs from; among nodes
// that are free to go, the lowest number first. `edges` holds (from, to).
// Throws where the nodes wait for each other.
std::vector<std::size_t> order(std::size_t nodes, const std::vector<std::pair<std::size_t, std::size_t>>& edges);

}  // namespace graph

#endif  // GRAPH_ORDER_H_
