// unicode/normalize.h: one spelling for one text.
#pragma once

#include <string>
#include <string_view>

#include "base/result.h"

namespace yap::unicode {

inline constexpr std::string_view kTextInvalidUtf8 = "TEXT_INVALID_UTF8";

// `text` in NFC (Unicode 15). NUL is a character like others. Takes a few times the
// size of `text` in memory, and time quadratic in its longest pile of marks, so both are the
// caller's to bound (CheckText does).
// Errors: InvalidArgument TEXT_INVALID_UTF8; "position" in the metadata is the offset of the first
// bad byte.
Result<std::string> ToNfc(std::string_view text);

}  // namespace yap::unicode
