// SPDX-License-Identifier: Apache-2.0
#include <atomic>

#include <core/parallel.h>
#include <core/random.h>
#include <mini/op.h>
#include <mini/random.h>

namespace mini {

namespace {

// The seed in the upper half, the number of arrays drawn since in the lower one.
std::atomic<std::uint64_t> state(0);

template <typename Draw>
void fill(const NDArray& out, Draw draw) {
  const core::Stream stream(state++);
  MINI_REAL_SWITCH(out.type(), T, {
    T* to = out.data<T>();
    core::parallel(out.size(), out.size(), [=](std::ptrdiff_t i) {
      to[i] = static_cast<T>(draw(stream, static_cast<std::uint64_t>(i)));
    });
  })
}

void uniform(const graph::Attrs& attrs, const Arrays&, const NDArray& out) {
  const double low = attrs.number("low", 0), high = attrs.number("high", 1);
  fill(out, [=](const core::Stream& stream, std::uint64_t i) { return low + (high - low) * stream.uniform(i); });
}

void normal(const graph::Attrs& attrs, const Arrays&, const NDArray& out) {
  const double mean = attrs.number("loc", 0), deviation = attrs.number("scale", 1);
  fill(out, [=](const core::Stream& stream, std::uint64_t i) { return mean + deviation * stream.normal(i); });
}

}  // namespace

void seed(int value) { state = static_cast<std::uint64_t>(static_cast<std::uint32_t>(value)) << 32; }

MINI_OP("_random_uniform", uniform).inputs(0).shapes(graph::as_given).attr<TypeRule>("Type", type_as_given);
MINI_OP("_random_normal", normal).inputs(0).shapes(graph::as_given).attr<TypeRule>("Type", type_as_given);

}  // namespace mini
