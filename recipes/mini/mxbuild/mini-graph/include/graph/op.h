// SPDX-License-Identifier: Apache-2.0
#ifndef GRAPH_OP_H_
#define GRAPH_OP_H_

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include <core/log.h>
#include <core/registry.h>
#include <graph/shape.h>

namespace graph {

// Attributes of one call, as text; read with a type and a default.
class Attrs {
 public:
  void set(const std::string& key, const std::string& value) { values_[key] = value; }
  bool has(const std::string& key) const;
  std::string text(const std::string& key, const std::string& otherwise) const;
  double number(const std::string& key, double otherwise) const;
  std::int64_t integer(const std::string& key, std::int64_t otherwise) const;
  bool flag(const std::string& key, bool otherwise) const;
  std::vector<std::int64_t> tuple(const std::string& key) const;

 private:
  std::map<std::string, std::string> values_;
};

typedef std::vector<Shape> Shapes;
// Shape of the one output, from those of the inputs.
typedef std::function<Shape(const Attrs&, const Shapes&)> ShapeFunction;

// An operator: what is known of it here, and whatever others add under a name and a type.
class Op {
 public:
  std::string name;
  int least = 1;
  int most = 1;
  ShapeFunction shape;

  Op& inputs(int count) { return inputs(count, count); }
  Op& inputs(int from, int to);
  Op& shapes(ShapeFunction function);

  template <typename T>
  Op& attr(const std::string& key, const T& value) {
    extra_[key] = std::make_shared<Holder<T>>(value);
    return *this;
  }

  template <typename T>
  const T& attr(const std::string& key) const {
    const auto found = extra_.find(key);
    CORE_CHECK(found != extra_.end()) << "operator " << name << " has no " << key;
    const auto* holder = dynamic_cast<const Holder<T>*>(found->second.get());
    CORE_CHECK(holder != nullptr) << "operator " << name << " has a " << key << " of another type";
    return holder->value;
  }

  bool has(const std::string& key) const { return extra_.count(key) != 0; }

  // Throws where the operator cannot take so many.
  void check_inputs(std::size_t count) const;

 private:
  struct Base {
    virtual ~Base() {}
  };
  template <typename T>
  struct Holder : public Base {
    explicit Holder(const T& v) : value(v) {}
    T value;
  };
  std::map<std::string, std::shared_ptr<Base>> extra_;
};

typedef core::Registry<Op> Ops;

// Common shapes: that of the first input, that of both stretched, the attribute `shape`.
Shape like_first(const Attrs& attrs, const Shapes& in);
Shape like_both(const Attrs& attrs, const Shapes& in);
Shape as_given(const Attrs& attrs, const Shapes& in);

}  // namespace graph

#define GRAPH_CONCAT_(a, b) a##b
#define GRAPH_CONCAT(a, b) GRAPH_CONCAT_(a, b)
#define GRAPH_OP(opname) \
  static ::graph::Op& GRAPH_CONCAT(graph_op_, __COUNTER__) __attribute__((unused)) = ::graph::Ops::get().add(opname)

#endif  // GRAPH_OP_H_
