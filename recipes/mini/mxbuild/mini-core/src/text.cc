// SPDX-License-Identifier: Apache-2.0
#include <core/log.h>
#include <core/text.h>

#include <cmath>
#include <cstdlib>

namespace core {

std::string trim(const std::string& text) {
  const char* blank = " \t\r\n";
  const std::size_t from = text.find_first_not_of(blank);
  if (from == std::string::npos) return "";
  return text.substr(from, text.find_last_not_of(blank) - from + 1);
}

std::vector<std::string> split(const std::string& text, char separator) {
  std::vector<std::string> parts;
  std::size_t from = 0;
  while (from <= text.size()) {
    std::size_t to = text.find(separator, from);
    const bool last = to == std::string::npos;
    if (last) to = text.size();
    const std::string part = trim(text.substr(from, to - from));
    if (!last || !part.empty()) parts.push_back(part);
    from = to + 1;
  }
  return parts;
}

double to_number(const std::string& text) {
  const std::string word = trim(text);
  char* end = nullptr;
  const double value = std::strtod(word.c_str(), &end);
  if (word.empty() || *end != '\0') CORE_FATAL() << '"' << text << "\" is no number";
  return value;
}

std::int64_t to_integer(const std::string& text) {
  const double value = to_number(text);
  CORE_CHECK(value == std::floor(value) && std::fabs(value) < 9e15) << '"' << text << "\" is no whole number";
  return static_cast<std::int64_t>(value);
}

bool to_bool(const std::string& text) {
  const std::string word = trim(text);
  if (word == "1" || word == "True" || word == "true") return true;
  if (word == "0" || word == "False" || word == "false") return false;
  CORE_FATAL() << '"' << text << "\" is neither true nor false";
  return false;
}

std::vector<std::int64_t> to_tuple(const std::string& text) {
  std::string inner = trim(text);
  if (inner.size() >= 2 && (inner.front() == '(' || inner.front() == '[')) {
    const char closing = inner.front() == '(' ? ')' : ']';
    CORE_CHECK(inner.back() == closing) << '"' << text << "\" is not closed";
    inner = inner.substr(1, inner.size() - 2);
  }
  std::vector<std::int64_t> values;
  for (const std::string& part : split(inner, ',')) values.push_back(to_integer(part));
  return values;
}

}  // namespace core
