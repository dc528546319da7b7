// SPDX-License-Identifier: Apache-2.0
#include <cstring>

#include <mini/ndarray.h>

#include "../storage/pool.h"

namespace mini {

struct Chunk {
  explicit Chunk(std::size_t size) : bytes(size), block(Pool::get().take(size)) {}
  ~Chunk() { Pool::get().give(block, bytes); }
  Chunk(const Chunk&) = delete;
  Chunk& operator=(const Chunk&) = delete;

  std::size_t bytes;
  void* block;
};

std::size_t type_size(int type) {
  std::size_t size = 0;
  MINI_TYPE_SWITCH(type, T, { size = sizeof(T); })
  return size;
}

const char* type_name(int type) {
  switch (type) {
    case kFloat32: return "float32";
    case kFloat64: return "float64";
    case kUint8: return "uint8";
    case kInt32: return "int32";
    default: return "an unknown type";
  }
}

int type_of_name(const std::string& name) {
  for (const int type : {kFloat32, kFloat64, kUint8, kInt32}) {
    if (name == type_name(type)) return type;
  }
  CORE_FATAL() << "unknown type " << name;
  return -1;
}

NDArray::NDArray(const graph::Shape& shape, int type)
    : shape_(shape), type_(type), chunk_(std::make_shared<Chunk>(shape.elements() * type_size(type))) {}

void* NDArray::raw() const {
  CORE_CHECK(chunk_ != nullptr) << "an array without memory";
  return static_cast<char*>(chunk_->block) + offset_;
}

NDArray NDArray::slice(std::size_t begin, std::size_t end) const {
  CORE_CHECK(shape_.ndim() > 0 && begin <= end && end <= shape_[0])
      << "[" << begin << ", " << end << ") of an array of shape " << shape_.text();
  NDArray view = *this;
  view.shape_[0] = static_cast<std::uint32_t>(end - begin);
  view.offset_ += begin * shape_.elements(1, shape_.ndim()) * type_size(type_);
  return view;
}

NDArray NDArray::reshape(const graph::Shape& shape) const {
  CORE_CHECK(shape.elements() == size()) << shape_.text() << " as " << shape.text();
  NDArray view = *this;
  view.shape_ = shape;
  return view;
}

void NDArray::copy_from(const NDArray& other) const {
  CORE_CHECK(other.size() == size() && other.type_ == type_)
      << other.shape_.text() << " " << type_name(other.type_) << " into " << shape_.text() << " " << type_name(type_);
  std::memmove(raw(), other.raw(), size() * type_size(type_));
}

}  // namespace mini
