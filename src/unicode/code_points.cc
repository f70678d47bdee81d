#include "unicode/code_points.h"

#include <fmt/format.h>

#include <cstdint>

#include "base/check.h"

namespace yap::unicode {
namespace {

// What may follow a first byte: Table 3-7 of the Unicode standard. `second_min` and `second_max`
// keep out overlong forms, surrogates and what lies beyond U+10FFFF.
struct Lead {
  std::size_t length = 0;  // 0: no sequence starts so.
  std::uint8_t second_min = 0x80;
  std::uint8_t second_max = 0xBF;
};

Lead LeadOf(std::uint8_t first) {
  if (first < 0x80) return {1};
  if (first < 0xC2) return {};
  if (first < 0xE0) return {2};
  if (first == 0xE0) return {3, 0xA0, 0xBF};
  if (first == 0xED) return {3, 0x80, 0x9F};
  if (first < 0xF0) return {3};
  if (first == 0xF0) return {4, 0x90, 0xBF};
  if (first < 0xF4) return {4};
  if (first == 0xF4) return {4, 0x80, 0x8F};
  return {};
}

}  // namespace

CodePoint DecodeAt(std::string_view text, std::size_t at) {
  YAP_CHECK(at < text.size());
  const auto byte = [&](std::size_t i) { return static_cast<std::uint8_t>(text[at + i]); };
  const std::uint8_t first = byte(0);
  const Lead lead = LeadOf(first);
  if (lead.length <= 1) return {lead.length == 1 ? first : kReplacement, 1, lead.length == 1};
  char32_t value = first & (0x7FU >> lead.length);
  for (std::size_t i = 1; i < lead.length; ++i) {
    const std::uint8_t low = i == 1 ? lead.second_min : 0x80;
    const std::uint8_t high = i == 1 ? lead.second_max : 0xBF;
    if (at + i >= text.size() || byte(i) < low || byte(i) > high) return {kReplacement, i, false};
    value = (value << 6U) | (byte(i) & 0x3FU);
  }
  return {value, lead.length, true};
}

std::optional<std::size_t> FirstInvalidUtf8(std::string_view text) {
  for (std::size_t at = 0; at < text.size();) {
    const CodePoint c = DecodeAt(text, at);
    if (!c.valid) return at;
    at += c.bytes;
  }
  return std::nullopt;
}

void AppendUtf8(char32_t c, std::string& out) {
  YAP_CHECK(c <= 0x10FFFF && (c < 0xD800 || c > 0xDFFF));
  const auto put = [&out](char32_t byte) { out.push_back(static_cast<char>(byte)); };
  if (c < 0x80) return put(c);
  if (c < 0x800) {
    put(0xC0U | (c >> 6U));
    return put(0x80U | (c & 0x3FU));
  }
  if (c < 0x10000) {
    put(0xE0U | (c >> 12U));
  } else {
    put(0xF0U | (c >> 18U));
    put(0x80U | ((c >> 12U) & 0x3FU));
  }
  put(0x80U | ((c >> 6U) & 0x3FU));
  put(0x80U | (c & 0x3FU));
}

std::string CodePointName(char32_t c) {
  return fmt::format("U+{:04X}", static_cast<std::uint32_t>(c));
}

}  // namespace yap::unicode
