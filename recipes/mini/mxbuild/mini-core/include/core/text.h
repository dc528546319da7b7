// SPDX-License-Identifier: Apache-2.0
// Reading values out of text, as they come over the C interface.
#ifndef CORE_TEXT_H_
#define CORE_TEXT_H_

#include <cstdint>
#include <string>
#include <vector>

namespace core {

// Without blanks at both ends.
std::string trim(const std::string& text);

// Parts between the separators, trimmed; an empty last part is left out.
std::vector<std::string> split(const std::string& text, char separator);

// Each throws core::Error where the text is nothing of the kind.
double to_number(const std::string& text);
std::int64_t to_integer(const std::string& text);
// 1, 0, True, False, true, false
bool to_bool(const std::string& text);
// (2, 3), [2, 3], 2 or ()
std::vector<std::int64_t> to_tuple(const std::string& text);

}  // namespace core

#endif  // CORE_TEXT_H_
