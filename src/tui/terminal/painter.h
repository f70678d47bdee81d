// tui/terminal/painter.h: a frame → the bytes that change the terminal from the last frame to it.
// Pure. The last door: nothing but its own sequences and harmless glyphs comes out.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "tui/look/theme.h"

namespace yap::tui {

struct Spot {
  std::string glyph = " ";  // Empty: the second column of a wide one.
  Style style{};

  friend bool operator==(const Spot&, const Spot&) = default;
};

struct Frame {
  int columns = 0;
  int rows = 0;
  std::vector<Spot> spots;  // Row by row; columns * rows.
  struct Cursor {
    int column = 0;
    int row = 0;
    friend bool operator==(const Cursor&, const Cursor&) = default;
  };
  std::optional<Cursor> cursor;  // None: hidden.
};

class Painter {
 public:
  // Only changed cells, between DECSET 2026 marks; empty: nothing changed. Glyphs that a terminal
  // may see in another width (VS16, ZWJ, new emoji) are followed by an absolute cursor move, so
  // that no error spreads. What is not one harmless glyph is drawn as U+FFFD.
  // REQUIRES: the frame has columns * rows spots.
  std::string Paint(Frame frame);
  // The next frame is written whole (resize, Ctrl+L, after a suspend).
  void Forget() { last_.reset(); }

 private:
  std::optional<Frame> last_;
};

}  // namespace yap::tui
