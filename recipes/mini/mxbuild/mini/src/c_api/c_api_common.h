// SPDX-License-Identifier: Apache-2.0
#ifndef MINI_SRC_C_API_C_API_COMMON_H_
#define MINI_SRC_C_API_C_API_COMMON_H_

#include <exception>

#include <mxnet/c_api.h>

namespace mini {

// Keeps the text for MXGetLastError, returns -1.
int failed(const char* text);

// No exception leaves the library.
template <typename Function>
int guarded(Function function) {
  try {
    function();
    return 0;
  } catch (const std::exception& error) {
    return failed(error.what());
  } catch (...) {
    return failed("an unknown error");
  }
}

}  // namespace mini

#endif  // MINI_SRC_C_API_C_API_COMMON_H_
