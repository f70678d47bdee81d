// crypto/common_passwords_data.h: private to crypto/: the list itself.
#pragma once

#include <string_view>

namespace yap {

// One entry a line, each line with its newline, sorted by bytes.
std::string_view CommonPasswordText();

}  // namespace yap
