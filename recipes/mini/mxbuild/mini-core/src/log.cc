// SPDX-License-Identifier: Apache-2.0
#include <core/log.h>

#include <cstring>

namespace core {

Fatal::Fatal(const char* file, int line, const char* condition) {
  const char* slash = std::strrchr(file, '/');
  text_ << '[' << (slash ? slash + 1 : file) << ':' << line << "] ";
  if (condition != nullptr) text_ << "check failed: " << condition << ": ";
}

Fatal::~Fatal() noexcept(false) { throw Error(text_.str()); }

}  // namespace core
