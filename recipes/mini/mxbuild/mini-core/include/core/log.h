// SPDX-License-Identifier: Apache-2.0
// Errors with a place and a text: CORE_CHECK(n > 0) << "n is " << n;
#ifndef CORE_LOG_H_
#define CORE_LOG_H_

#include <sstream>
#include <stdexcept>
#include <string>

namespace core {

struct Error : public std::runtime_error {
  explicit Error(const std::string& what) : std::runtime_error(what) {}
};

// Collects the text of one error, and throws it at the end of the statement.
class Fatal {
 public:
  Fatal(const char* file, int line, const char* condition);
  ~Fatal() noexcept(false);
  std::ostream& stream() { return text_; }

 private:
  std::ostringstream text_;
};

}  // namespace core

#define CORE_CHECK(condition) \
  if (!(condition)) ::core::Fatal(__FILE__, __LINE__, #condition).stream()

#define CORE_FATAL() ::core::Fatal(__FILE__, __LINE__, nullptr).stream()

#endif  // CORE_LOG_H_
