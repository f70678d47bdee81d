#include "tui/input/editor.h"

#include <algorithm>
#include <iterator>
#include <optional>
#include <utility>

#include "tui/input/editor_layout.h"
#include "tui/input/text_edges.h"
#include "unicode/code_points.h"

namespace yap::tui {
namespace {

// What Insert takes of `text`.
std::string Cleaned(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  for (std::size_t at = 0; at < text.size();) {
    const auto c = unicode::DecodeAt(text, at);
    at += c.bytes;
    if (c.value == '\r') {
      if (!text.substr(at).starts_with('\n')) out += '\n';
    } else if (c.value == '\t') {
      out += ' ';
    } else if (c.value == '\n' || !unicode::IsControl(c.value)) {
      unicode::AppendUtf8(c.value, out);
    }
  }
  return out;
}

}  // namespace

bool Editor::Insert(std::string_view text) {
  const std::string cleaned = Cleaned(text);
  if (cleaned.empty()) return text.empty();
  const bool typed = unicode::DecodeAt(cleaned, 0).bytes == cleaned.size();
  return Change(cursor_, cursor_, cleaned, typed ? Last::kTyped : Last::kOther);
}

bool Editor::Replace(std::size_t from, std::size_t to, std::string_view with) {
  return Change(from, to, Cleaned(with), Last::kOther);
}

bool Editor::Set(std::string_view text) { return Replace(0, text_.size(), text); }

std::string Editor::Take() {
  undo_.clear();
  redo_.clear();
  last_ = Last::kOther;
  cursor_ = 0;
  return std::exchange(text_, {});
}

bool Editor::Do(Edit edit, int columns) {
  switch (edit) {
    case Edit::kLeft:
      return Move(ClusterBefore(text_, cursor_));
    case Edit::kRight:
      return Move(ClusterAfter(text_, cursor_));
    case Edit::kWordLeft:
      return Move(WordBefore(text_, cursor_));
    case Edit::kWordRight:
      return Move(WordAfter(text_, cursor_));
    case Edit::kLineStart:
      return Move(LineStart(text_, cursor_));
    case Edit::kLineEnd:
      return Move(LineEnd(text_, cursor_));
    case Edit::kUp:
      return MoveRow(-1, columns);
    case Edit::kDown:
      return MoveRow(1, columns);
    case Edit::kDeleteBack:
      return Delete(ClusterBefore(text_, cursor_), cursor_);
    case Edit::kDeleteForward:
      return Delete(cursor_, ClusterAfter(text_, cursor_));
    case Edit::kKillWordBack:
      return Kill(WordBefore(text_, cursor_), cursor_);
    case Edit::kKillWordForward:
      return Kill(cursor_, WordAfter(text_, cursor_));
    case Edit::kKillToStart:
      return Kill(LineStart(text_, cursor_), cursor_);
    case Edit::kKillToEnd:
      return Kill(cursor_, LineEnd(text_, cursor_));
    case Edit::kYank:
      return Yank();
    case Edit::kUndo:
      return Step(undo_, redo_);
    case Edit::kRedo:
      return Step(redo_, undo_);
    case Edit::kTranspose:
      return Transpose();
    case Edit::kNewline:
      return Insert("\n");
    case Edit::kClear:
      return Kill(0, text_.size());
  }
  return false;
}

bool Editor::Move(std::size_t to) {
  last_ = Last::kOther;
  return std::exchange(cursor_, to) != to;
}

// To the last place of that row that is not right of the cursor's column.
bool Editor::MoveRow(int rows, int columns) {
  const EditorLayout layout = LayOut(text_, columns, false);
  const auto here = layout.At(cursor_);
  std::optional<std::size_t> to;
  for (const auto& stop : layout.stops) {
    if (stop.row == here.row + rows && (!to || stop.column <= here.column)) to = stop.offset;
  }
  return Move(to.value_or(cursor_));
}

bool Editor::Delete(std::size_t from, std::size_t to) {
  return from != to && Change(from, to, {}, Last::kOther);
}

// Kills that follow each other are one text to yank.
bool Editor::Kill(std::size_t from, std::size_t to) {
  if (from == to) return false;
  const std::string piece = text_.substr(from, to - from);
  if (last_ != Last::kKilled) killed_.clear();
  killed_ = from < cursor_ ? piece + killed_ : killed_ + piece;
  return Change(from, to, {}, Last::kKilled);
}

bool Editor::Yank() { return !killed_.empty() && Change(cursor_, cursor_, killed_, Last::kOther); }

// The clusters around the cursor change places; at the end of a line those before it.
bool Editor::Transpose() {
  const std::size_t start = LineStart(text_, cursor_);
  const std::size_t middle =
      cursor_ == LineEnd(text_, cursor_) ? ClusterBefore(text_, cursor_) : cursor_;
  if (middle <= start) return false;
  const std::size_t from = ClusterBefore(text_, middle);
  const std::size_t to = ClusterAfter(text_, middle);
  return Change(from, to, text_.substr(middle, to - middle) + text_.substr(from, middle - from),
                Last::kOther);
}

bool Editor::Step(std::deque<State>& from, std::deque<State>& to) {
  last_ = Last::kOther;
  if (from.empty()) return false;
  to.push_back({std::move(text_), cursor_});
  text_ = std::move(from.back().text);
  cursor_ = from.back().cursor;
  from.pop_back();
  return true;
}

// The one place where the text changes, but for undo and Take.
bool Editor::Change(std::size_t from, std::size_t to, std::string_view with, Last kind) {
  to = std::min(to, text_.size());
  from = std::min(from, to);
  if (text_.size() - (to - from) + with.size() > kEditorBytesMax) return false;
  const bool typing_on =
      kind == Last::kTyped && last_ == Last::kTyped && with != " " && with != "\n";
  if (!typing_on) Remember();
  redo_.clear();
  text_.replace(from, to - from, with);
  cursor_ = EdgeAt(text_, from + with.size());
  last_ = kind;
  return true;
}

void Editor::Remember() {
  undo_.push_back({text_, cursor_});
  std::size_t bytes = 0;
  for (const State& state : undo_) bytes += state.text.size();
  while (undo_.size() > kUndoMax || (bytes > kUndoBytesMax && undo_.size() > 1)) {
    bytes -= undo_.front().text.size();
    undo_.pop_front();
  }
}

Editor::Shape Editor::Show(int columns, int rows_max, bool masked) const {
  EditorLayout layout = LayOut(text_, columns, masked);
  const auto stop = layout.At(cursor_);
  const int rows = static_cast<int>(layout.rows.size());
  const int shown = std::min(rows, std::max(rows_max, 1));
  const int first = std::clamp(stop.row - shown / 2, 0, rows - shown);
  const auto begin = layout.rows.begin() + first;
  Shape shape;
  shape.rows.assign(std::make_move_iterator(begin), std::make_move_iterator(begin + shown));
  shape.row = stop.row - first;
  shape.column = stop.column;
  return shape;
}

bool Editor::InFirstRow(int columns) const {
  return LayOut(text_, columns, false).At(cursor_).row == 0;
}

bool Editor::InLastRow(int columns) const {
  const EditorLayout layout = LayOut(text_, columns, false);
  return layout.At(cursor_).row == layout.stops.back().row;
}

}  // namespace yap::tui
