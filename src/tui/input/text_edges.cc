#include "tui/input/text_edges.h"

#include <algorithm>

#include "unicode/width.h"

namespace yap::tui {
namespace {

bool IsWordByte(char c) {
  return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
         static_cast<unsigned char>(c) >= 0x80;
}

}  // namespace

// No cluster reaches over a \n, so that lines are far enough to look.
std::size_t ClusterBefore(std::string_view text, std::size_t at) {
  if (at == 0) return 0;
  const std::size_t start = LineStart(text, at);
  if (start == at) return at - 1;
  std::size_t edge = start;
  unicode::GraphemeIterator it(text.substr(start));
  for (unicode::Grapheme g; it.Next(g) && edge + g.bytes.size() < at;) edge += g.bytes.size();
  return edge;
}

std::size_t ClusterAfter(std::string_view text, std::size_t at) {
  unicode::Grapheme next;
  if (!unicode::GraphemeIterator(text.substr(at)).Next(next)) return at;
  return at + next.bytes.size();
}

std::size_t EdgeAt(std::string_view text, std::size_t at) {
  std::size_t edge = LineStart(text, at);
  unicode::GraphemeIterator it(text.substr(edge));
  for (unicode::Grapheme g; edge < at && it.Next(g);) edge += g.bytes.size();
  return edge;
}

std::size_t WordBefore(std::string_view text, std::size_t at) {
  while (at > 0 && !IsWordByte(text[at - 1])) --at;
  while (at > 0 && IsWordByte(text[at - 1])) --at;
  return EdgeAt(text, at);
}

std::size_t WordAfter(std::string_view text, std::size_t at) {
  while (at < text.size() && !IsWordByte(text[at])) ++at;
  while (at < text.size() && IsWordByte(text[at])) ++at;
  return EdgeAt(text, at);
}

std::size_t LineStart(std::string_view text, std::size_t at) {
  if (at == 0) return 0;
  const auto newline = text.rfind('\n', at - 1);
  return newline == std::string_view::npos ? 0 : newline + 1;
}

std::size_t LineEnd(std::string_view text, std::size_t at) {
  return std::min(text.find('\n', at), text.size());
}

}  // namespace yap::tui
