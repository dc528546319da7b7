// SPDX-License-Identifier: Apache-2.0
#include <string>

#include "c_api_common.h"

namespace mini {

static std::string& last_error() {
  static thread_local std::string text;
  return text;
}

int failed(const char* text) {
  last_error() = text;
  return -1;
}

}  // namespace mini

const char* MXGetLastError(void) { return mini::last_error().c_str(); }

int MXGetVersion(int* out) {
  *out = 100;  // 0.1.0
  return 0;
}
