// tui/terminal/painter.h: a frame → the bytes that change the terminal from the last frame to it.
// Pure.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "tui/look/theme.h"

namespace yap::tui {

struct Spot {
  std::string glyph = " ";  // Empty: the second column of a wide one.
  Style style;
  friend bool operator==(const Spot&, const Spot&) = default;
};

struct Frame {
  int columns = 0;
  int rows = 0;
  std::vector<Spot> spots;  // Row by row.
  struct Cursor {
    int column = 0;
    int row = 0;
  };
  std::optional<Cursor> cursor;  // None: hidden.
};

class Painter {
 public:
  // Only changed cells, between DECSET 2026 marks; empty: nothing changed. Widths that the terminal
  // may see differently (VS16, ZWJ) are followed by an absolute cursor move, so that no error
  // spreads.
  std::string Paint(const Frame& frame);
  // The next frame is written whole (resize, Ctrl+L, after a suspend).
  void Forget() { last_.reset(); }

 private:
  std::optional<Frame> last_;
};

}  // namespace yap::tui
