// SPDX-License-Identifier: Apache-2.0
// Nothing refers to this file: the linker takes it out of the archive with --whole-archive only.
#include <graph/op.h>

namespace graph {

GRAPH_OP("identity").inputs(1).shapes(like_first).attr<bool>("Identity", true);

}  // namespace graph
