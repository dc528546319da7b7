// SPDX-License-Identifier: Apache-2.0
#include <core/text.h>
#include <graph/op.h>

namespace graph {

bool Attrs::has(const std::string& key) const {
  const auto found = values_.find(key);
  return found != values_.end() && found->second != "None";
}

std::string Attrs::text(const std::string& key, const std::string& otherwise) const {
  return has(key) ? values_.at(key) : otherwise;
}

double Attrs::number(const std::string& key, double otherwise) const {
  return has(key) ? core::to_number(values_.at(key)) : otherwise;
}

std::int64_t Attrs::integer(const std::string& key, std::int64_t otherwise) const {
  return has(key) ? core::to_integer(values_.at(key)) : otherwise;
}

bool Attrs::flag(const std::string& key, bool otherwise) const {
  return has(key) ? core::to_bool(values_.at(key)) : otherwise;
}

std::vector<std::int64_t> Attrs::tuple(const std::string& key) const {
  return has(key) ? core::to_tuple(values_.at(key)) : std::vector<std::int64_t>();
}

Op& Op::inputs(int from, int to) {
  least = from;
  most = to;
  return *this;
}

Op& Op::shapes(ShapeFunction function) {
  shape = function;
  return *this;
}

void Op::check_inputs(std::size_t count) const {
  const int given = static_cast<int>(count);
  CORE_CHECK(given >= least && given <= most)
      << name << " takes " << least << (most > least ? " to " + std::to_string(most) : "") << " inputs, not " << given;
}

Shape like_first(const Attrs&, const Shapes& in) { return in.at(0); }

Shape like_both(const Attrs&, const Shapes& in) { return broadcast(in.at(0), in.at(1)); }

Shape as_given(const Attrs& attrs, const Shapes&) {
  Shape shape;
  for (const std::int64_t length : attrs.tuple("shape")) {
    CORE_CHECK(length >= 0) << "length " << length << " of an axis";
    shape.push_back(static_cast<std::uint32_t>(length));
  }
  return shape;
}

}  // namespace graph
