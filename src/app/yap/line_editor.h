// app/yap/line_editor.h: one line being typed, for the plain chat: keys in, lines out. Pure.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace yap::app {

// Knows: text in UTF-8, backspace, Ctrl+U (clear), Ctrl+W (word), Ctrl+D on an empty line (end).
// Between the brackets of a paste (DECSET 2004) an end of line is text: only a key sends. Other
// escape sequences (cursor keys) are swallowed whole.
class LineEditor {
 public:
  struct Outcome {
    std::vector<std::string> lines;  // Finished with Enter.
    bool ended = false;              // Ctrl+D.
    bool pasted = false;             // A paste has come to its end; text() has it.
  };

  Outcome Feed(std::string_view bytes);
  const std::string& text() const { return text_; }

 private:
  enum class Escape : unsigned char { kNone, kBegun, kSequence };

  void Key(char c, Outcome& outcome);
  bool InEscape(char c, Outcome& outcome);
  void SequenceEnded(char last, Outcome& outcome);
  void Backspace();
  void EraseWord();

  std::string text_;
  Escape escape_ = Escape::kNone;
  std::string parameters_;  // Of the sequence under way.
  bool pasting_ = false;
  bool after_return_ = false;  // In a paste: CR LF is one end of line.
};

}  // namespace yap::app
