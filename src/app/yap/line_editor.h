// app/yap/line_editor.h: one line being typed, for the plain chat: keys in, lines out. Pure.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace yap::app {

// Knows: text in UTF-8, backspace, Ctrl+U (clear), Ctrl+W (word), Ctrl+D on an empty line (end).
// Escape sequences (cursor keys) are swallowed whole.
class LineEditor {
 public:
  struct Outcome {
    std::vector<std::string> lines;  // Finished with Enter.
    bool ended = false;              // Ctrl+D.
  };

  Outcome Feed(std::string_view bytes);
  const std::string& text() const { return text_; }

 private:
  enum class Escape : unsigned char { kNone, kBegun, kSequence };

  void Key(char c, Outcome& outcome);
  bool InEscape(char c);
  void Backspace();
  void EraseWord();

  std::string text_;
  Escape escape_ = Escape::kNone;
};

}  // namespace yap::app
