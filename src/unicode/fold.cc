#include "unicode/fold.h"

#include <utf8proc.h>

#include <algorithm>
#include <array>
#include <cstddef>

#include "unicode/code_points.h"

namespace yap::unicode {
namespace {

// No code point folds to more (CaseFolding.txt).
constexpr std::size_t kFoldedMax = 4;

void AppendFolded(char32_t c, std::string& out) {
  std::array<utf8proc_int32_t, kFoldedMax> folded{};
  int boundary = 0;
  const auto count = utf8proc_decompose_char(static_cast<utf8proc_int32_t>(c), folded.data(),
                                             folded.size(), UTF8PROC_CASEFOLD, &boundary);
  for (utf8proc_ssize_t i = 0; i < count; ++i) {
    AppendUtf8(static_cast<char32_t>(folded[static_cast<std::size_t>(i)]), out);
  }
}

}  // namespace

std::string CaseFolded(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  for (std::size_t at = 0; at < text.size();) {
    const char byte = text[at];
    if (static_cast<unsigned char>(byte) < 0x80) {
      out += byte >= 'A' && byte <= 'Z' ? static_cast<char>(byte - 'A' + 'a') : byte;
      ++at;
      continue;
    }
    const CodePoint c = DecodeAt(text, at);
    AppendFolded(c.value, out);
    at += c.bytes;
  }
  return out;
}

std::string AsciiLowered(std::string_view text) {
  std::string out(text);
  std::ranges::transform(out, out.begin(), [](char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  });
  return out;
}

}  // namespace yap::unicode
