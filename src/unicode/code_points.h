// unicode/code_points.h: UTF-8 one code point at a time, total over any bytes.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace yap::unicode {

inline constexpr char32_t kReplacement = 0xFFFD;

struct CodePoint {
  char32_t value = kReplacement;  // U+FFFD when not valid.
  std::size_t bytes = 0;          // How far to go on; 1 … 4.
  bool valid = false;
};

// The code point that starts at `at`. Ill-formed bytes are taken as Unicode 3.9 recommends (and
// the Web does): the longest start of a sequence counts as one error.
// REQUIRES: at < text.size().
CodePoint DecodeAt(std::string_view text, std::size_t at);

// The offset of the first byte that belongs to no valid sequence.
std::optional<std::size_t> FirstInvalidUtf8(std::string_view text);

// REQUIRES: `c` is a Unicode scalar value.
void AppendUtf8(char32_t c, std::string& out);

// "U+202E": at least four digits.
std::string CodePointName(char32_t c);

// C0 and C1 controls and DEL.
constexpr bool IsControl(char32_t c) { return c < 0x20 || (c >= 0x7F && c <= 0x9F); }
// The embeddings, overrides and isolates, which reorder what stands around them. Not LRM, RLM and
// ALM: they only weigh in, and Arabic and Hebrew need them.
constexpr bool IsBidiControl(char32_t c) {
  return (c >= 0x202A && c <= 0x202E) || (c >= 0x2066 && c <= 0x2069);
}
constexpr bool IsLineSeparator(char32_t c) { return c == 0x2028 || c == 0x2029; }

}  // namespace yap::unicode
