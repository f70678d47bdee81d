// tui/terminal/model_terminal_testing.h: a terminal that knows just what the painter may say, for
// tests and fuzzers. Anything else is remembered as wrong.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "tui/terminal/painter.h"

namespace yap::tui {

class ModelTerminal {
 public:
  ModelTerminal(int columns, int rows);

  void Write(std::string_view bytes);

  // What is on the screen; the cursor where it is shown.
  const Frame& frame() const { return frame_; }
  // A row's glyphs, trailing blanks dropped.
  std::string RowText(int row) const;
  // The first thing that no painter may write, or that came outside the marks of a frame; empty:
  // there was none.
  const std::string& wrong() const { return wrong_; }
  // Writes over cells since the start: how much was drawn.
  int drawn() const { return drawn_; }

 private:
  std::string_view Sequence(std::string_view bytes);
  void Do(std::string_view parameters, char final);
  void SetStyle(std::string_view parameters);
  void Put(std::string_view glyph, int columns);
  void Break(int column);
  Spot& At(int column);
  void Wrong(std::string_view what);

  Frame frame_;
  Frame::Cursor at_;
  Style pen_;
  Spot* last_put_ = nullptr;  // What a glyph without width joins; null after a move.
  bool in_frame_ = false;
  int drawn_ = 0;
  std::string wrong_;
};

}  // namespace yap::tui
