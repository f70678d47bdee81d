// crypto/common_passwords.h: the passwords that every guesser tries first.
#pragma once

#include <cstddef>
#include <string_view>

namespace yap {

// No entry of the list is shorter: a configured minimum length below this is a bad idea by itself.
inline constexpr std::size_t kCommonPasswordBytesMin = 6;

// Whether the list has it. REQUIRES: ASCII letters of `lower_cased` are lower case, else it finds
// nothing.
bool IsCommonPassword(std::string_view lower_cased);

// How many it has.
std::size_t CommonPasswordCount();

}  // namespace yap
