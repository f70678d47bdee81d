// core/password_rules.h: which passwords are taken (S3). Length and a list of what guessers try
// first; no rules about which characters. Pure.
#pragma once

#include <cstddef>
#include <string_view>

#include "base/result.h"

namespace yap::core {

// `password` as it was typed; it is neither normalised nor trimmed, here or later. Characters are
// code points. Refused besides the wrong length: ill-formed UTF-8, the common ones, those that
// hold the user's name (of three letters or more: two meet by accident), those that start with
// "yap".
// Errors, InvalidArgument in the field `field`, none of which holds any of the password:
// TEXT_INVALID_UTF8, PASSWORD_TOO_SHORT, PASSWORD_TOO_LONG, PASSWORD_COMMON.
Result<> CheckPassword(std::string_view password, std::string_view username,
                       std::size_t characters_min, std::string_view field);

}  // namespace yap::core
