// base/check.h: checks of our own mistakes, on in release builds. A failed check is a bug of yap:
// it logs the place and ends the process (abort, so that a core is left where the system keeps
// them).
#pragma once

#include <string_view>

namespace yap {
[[noreturn]] void CheckFailed(const char* file, int line, const char* condition,
                              std::string_view message = {});
}  // namespace yap

#define YAP_CHECK(condition, ...)                                                    \
  do {                                                                               \
    if (!(condition)) [[unlikely]]                                                   \
      ::yap::CheckFailed(__FILE__, __LINE__, #condition __VA_OPT__(, ) __VA_ARGS__); \
  } while (false)
