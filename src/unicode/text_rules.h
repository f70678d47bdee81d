// unicode/text_rules.h: what people may write (S7). The server applies it to everything that it
// stores; a client may, to say no earlier.
//
// Refused: ill-formed UTF-8, C0 other than \n and \t, DEL, C1, U+2028–2029, U+202A–202E,
// U+2066–2069, piles of combining marks. Allowed: LRM, RLM, joiners, flag tags, private use, and
// code points that are not assigned yet (next year's emoji).
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "base/result.h"
#include "unicode/normalize.h"

namespace yap::unicode {

// Reasons, all InvalidArgument; besides TEXT_INVALID_UTF8.
inline constexpr std::string_view kTextEmpty = "TEXT_EMPTY";
inline constexpr std::string_view kTextTooLong = "TEXT_TOO_LONG";
inline constexpr std::string_view kTextTooManyLines = "TEXT_TOO_MANY_LINES";
inline constexpr std::string_view kTextForbiddenCharacter = "TEXT_FORBIDDEN_CHARACTER";
inline constexpr std::string_view kTextTooManyMarks = "TEXT_TOO_MANY_MARKS";

struct TextLimits {
  std::size_t bytes_max = std::size_t{16} * 1024;  // Of the result: UTF-8 in NFC.
  std::size_t lines_max = 400;                     // "a\nb" has 2.
  // Real writing needs 3 or 4 (Vietnamese, pointed Hebrew, Tibetan); piles hide the lines above.
  std::size_t marks_per_base_max = 8;
};

// The text of a message as it is stored: NFC, with CRLF as LF. Applying it to its own result gives
// the same. Empty is also what has nothing visible in it.
// The error's message names a code point as U+XXXX and its place; metadata has "code_point",
// "position" (the byte offset in `text`; for marks it may be that in its NFC), or the limit that
// was passed.
Result<std::string> CheckText(std::string_view text, const TextLimits& limits = {});

struct LineLimits {
  std::size_t bytes_max = 256;  // Of the result.
  std::size_t marks_per_base_max = 8;
  bool empty_allowed = false;  // A topic may be cleared; a display name may not.
};

// The same for one line (topics, display names): neither newline nor tab.
Result<std::string> CheckLine(std::string_view line, const LineLimits& limits = {});

}  // namespace yap::unicode
