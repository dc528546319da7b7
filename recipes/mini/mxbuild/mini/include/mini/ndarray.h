// SPDX-License-Identifier: Apache-2.0
#ifndef MINI_NDARRAY_H_
#define MINI_NDARRAY_H_

#include <cstdint>
#include <memory>

#include <core/log.h>
#include <graph/shape.h>

namespace mini {

// The numbers are part of the C interface.
enum Type { kFloat32 = 0, kFloat64 = 1, kUint8 = 3, kInt32 = 4 };

template <typename T>
struct TypeOf;
template <>
struct TypeOf<float> {
  static constexpr int value = kFloat32;
};
template <>
struct TypeOf<double> {
  static constexpr int value = kFloat64;
};
template <>
struct TypeOf<std::uint8_t> {
  static constexpr int value = kUint8;
};
template <>
struct TypeOf<std::int32_t> {
  static constexpr int value = kInt32;
};

std::size_t type_size(int type);
const char* type_name(int type);
int type_of_name(const std::string& name);

// Memory from the pool, given back with the last array that uses it.
struct Chunk;

// A dense array; copies and views share the memory.
class NDArray {
 public:
  NDArray() {}
  NDArray(const graph::Shape& shape, int type);

  const graph::Shape& shape() const { return shape_; }
  int type() const { return type_; }
  std::size_t size() const { return shape_.elements(); }
  bool empty() const { return chunk_ == nullptr; }
  void* raw() const;

  template <typename T>
  T* data() const {
    CORE_CHECK(type_ == TypeOf<T>::value) << "an array of " << type_name(type_) << ", not " << type_name(TypeOf<T>::value);
    return static_cast<T*>(raw());
  }

  NDArray slice(std::size_t begin, std::size_t end) const;
  NDArray reshape(const graph::Shape& shape) const;
  bool shares(const NDArray& other) const { return chunk_ == other.chunk_; }
  void copy_from(const NDArray& other) const;

 private:
  graph::Shape shape_;
  int type_ = kFloat32;
  std::size_t offset_ = 0;  // bytes
  std::shared_ptr<Chunk> chunk_;
};

}  // namespace mini

// Runs the statements with T as the array's type.
#define MINI_CASE_(constant, c_type, T, ...) \
  case ::mini::constant: {                   \
    typedef c_type T;                        \
    __VA_ARGS__                              \
  } break;

#define MINI_TYPE_SWITCH(type, T, ...)                                 \
  switch (type) {                                                      \
    MINI_CASE_(kFloat32, float, T, __VA_ARGS__)                        \
    MINI_CASE_(kFloat64, double, T, __VA_ARGS__)                       \
    MINI_CASE_(kUint8, std::uint8_t, T, __VA_ARGS__)                   \
    MINI_CASE_(kInt32, std::int32_t, T, __VA_ARGS__)                   \
    default:                                                           \
      CORE_FATAL() << "unknown type " << (type);                       \
  }

#define MINI_REAL_SWITCH(type, T, ...)                                 \
  switch (type) {                                                      \
    MINI_CASE_(kFloat32, float, T, __VA_ARGS__)                        \
    MINI_CASE_(kFloat64, double, T, __VA_ARGS__)                       \
    default:                                                           \
      CORE_FATAL() << "works on float32 and float64, not on " << ::mini::type_name(type); \
  }

#endif  // MINI_NDARRAY_H_
