#include "app/yap/line_editor.h"

#include <utility>

#include "unicode/width.h"

namespace yap::app {
namespace {

// More than any message may have; what is typed beyond is dropped.
constexpr std::size_t kLineBytesMax = 64 * 1024;
// Of a sequence that is acted on: "200".
constexpr std::size_t kParametersMax = 8;

constexpr char Control(char letter) { return static_cast<char>(letter & 0x1F); }

}  // namespace

LineEditor::Outcome LineEditor::Feed(std::string_view bytes) {
  Outcome outcome;
  for (const char c : bytes) {
    if (!InEscape(c, outcome)) Key(c, outcome);
  }
  return outcome;
}

// ESC [ … letter, ESC O letter, or ESC and one key.
bool LineEditor::InEscape(char c, Outcome& outcome) {
  if (c == '\x1b') {
    escape_ = Escape::kBegun;
    parameters_.clear();
    return true;
  }
  if (escape_ == Escape::kNone) return false;
  const bool begun = escape_ == Escape::kBegun;
  if (begun && (c == '[' || c == 'O')) {
    escape_ = Escape::kSequence;
  } else if (begun || (c >= '@' && c <= '~')) {
    escape_ = Escape::kNone;
    SequenceEnded(c, outcome);
  } else if (parameters_.size() < kParametersMax) {
    parameters_ += c;
  }
  return true;
}

// ESC [ 200 ~ begins a paste, ESC [ 201 ~ ends it (xterm, "Bracketed Paste Mode").
void LineEditor::SequenceEnded(char last, Outcome& outcome) {
  if (last != '~') return;
  if (parameters_ == "200") pasting_ = true;
  if (parameters_ == "201") outcome.pasted = std::exchange(pasting_, false) || outcome.pasted;
}

void LineEditor::Key(char c, Outcome& outcome) {
  const bool second = std::exchange(after_return_, pasting_ && c == '\r') && c == '\n';
  if (pasting_ && (c == '\r' || c == '\n')) {
    if (!second && text_.size() < kLineBytesMax) text_ += '\n';
  } else if (c == '\r' || c == '\n') {
    outcome.lines.push_back(std::exchange(text_, {}));
  } else if (c == '\x7f' || c == '\b') {
    Backspace();
  } else if (c == Control('U')) {
    text_.clear();
  } else if (c == Control('W')) {
    EraseWord();
  } else if (c == Control('D')) {
    outcome.ended = outcome.ended || text_.empty();
  } else if (static_cast<unsigned char>(c) >= 0x20 && text_.size() < kLineBytesMax) {
    text_ += c;
  }
}

void LineEditor::Backspace() {
  std::size_t last = 0;
  unicode::ForEachGrapheme(text_, [&](const unicode::Grapheme& g) { last = g.bytes.size(); });
  text_.resize(text_.size() - last);
}

void LineEditor::EraseWord() {
  while (text_.ends_with(' ')) text_.pop_back();
  while (!text_.empty() && !text_.ends_with(' ')) text_.pop_back();
}

}  // namespace yap::app
