// SPDX-License-Identifier: Apache-2.0
#include <mini/engine.h>

#include <chrono>
#include <map>
#include <mutex>
#include <sstream>

namespace mini {

namespace {

#if MXNET_USE_PROFILER
struct Measured {
  std::size_t calls = 0;
  double seconds = 0;
};

std::mutex table_mutex;
std::map<std::string, Measured>& table() {
  static std::map<std::string, Measured> all;
  return all;
}

class Clock {
 public:
  explicit Clock(const std::string& name) : name_(name), start_(std::chrono::steady_clock::now()) {}
  ~Clock() {
    const std::chrono::duration<double> taken = std::chrono::steady_clock::now() - start_;
    std::lock_guard<std::mutex> lock(table_mutex);
    Measured& entry = table()[name_];
    ++entry.calls;
    entry.seconds += taken.count();
  }

 private:
  std::string name_;
  std::chrono::steady_clock::time_point start_;
};
#endif

int type_of_output(const graph::Op& op, const graph::Attrs& attrs, const Arrays& in) {
  if (op.has("Type")) return op.attr<TypeRule>("Type")(attrs, in);
  return in.empty() ? kFloat32 : in[0].type();
}

}  // namespace

int type_as_given(const graph::Attrs& attrs, const Arrays&) { return type_of_name(attrs.text("dtype", "float32")); }

void invoke(const graph::Op& op, const graph::Attrs& attrs, const Arrays& in, NDArray* out) {
#if MXNET_USE_PROFILER
  Clock clock(op.name);
#endif
  op.check_inputs(in.size());
  if (op.has("Create")) {
    const NDArray made = op.attr<Create>("Create")(attrs, in);
    if (out->empty()) {
      *out = made;
    } else {
      out->copy_from(made);
    }
    return;
  }
  graph::Shapes shapes;
  for (const NDArray& array : in) shapes.push_back(array.shape());
  const graph::Shape shape = op.shape(attrs, shapes);
  const int type = type_of_output(op, attrs, in);
  if (out->empty()) {
    *out = NDArray(shape, type);
  } else {
    CORE_CHECK(out->shape() == shape && out->type() == type)
        << op.name << " gives " << shape.text() << " " << type_name(type) << ", the array is " << out->shape().text() << " "
        << type_name(out->type());
  }
  // An operator may read its inputs more than once: it never writes over one that it reads.
  NDArray target = *out;
  for (const NDArray& array : in) {
    if (array.shares(*out)) target = NDArray(shape, type);
  }
  if (op.has("Identity")) {
    target.copy_from(in[0]);
  } else {
    op.attr<Compute>("Compute")(attrs, in, target);
  }
  if (!target.shares(*out)) out->copy_from(target);
}

std::string profile() {
#if MXNET_USE_PROFILER
  std::ostringstream text;
  std::lock_guard<std::mutex> lock(table_mutex);
  for (const auto& entry : table()) {
    text << entry.first << " " << entry.second.calls << " " << entry.second.seconds << "\n";
  }
  return text.str();
#else
  CORE_FATAL() << "built without the profiler (USE_PROFILER=1)";
  return "";
#endif
}

}  // namespace mini
