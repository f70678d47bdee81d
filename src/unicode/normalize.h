// unicode/normalize.h: one spelling for one text.
#pragma once

#include <string>
#include <string_view>

#include "base/result.h"

namespace yap::unicode {

inline constexpr std::string_view kTextInvalidUtf8 = "TEXT_INVALID_UTF8";

// `text` in NFC (Unicode 15). NUL is a character like others. Memory: a few times the size of
// `text`, so its size is the caller's to bound.
// Errors: InvalidArgument TEXT_INVALID_UTF8; "position" in the metadata is the offset of the first
// bad byte.
Result<std::string> ToNfc(std::string_view text);

}  // namespace yap::unicode
