// tui/text/cells_testing.h: what every test of cells asks: is a glyph harmless, is a row whole.
#pragma once

#include <string_view>

#include "tui/text/cells.h"
#include "unicode/code_points.h"

namespace yap::tui {

// No control, no bidi control, no line separator, valid UTF-8.
inline bool IsHarmless(std::string_view text) {
  for (std::size_t at = 0; at < text.size();) {
    const auto c = unicode::DecodeAt(text, at);
    if (!c.valid || unicode::IsControl(c.value) || unicode::IsBidiControl(c.value) ||
        unicode::IsLineSeparator(c.value)) {
      return false;
    }
    at += c.bytes;
  }
  return true;
}

// Every glyph is harmless, and no second column is without its first.
inline bool IsSound(const Row& row) {
  bool after_glyph = false;
  for (const Cell& cell : row) {
    if (!IsHarmless(cell.glyph) || (cell.glyph.empty() && !after_glyph)) return false;
    after_glyph = !cell.glyph.empty();
  }
  return true;
}

}  // namespace yap::tui
