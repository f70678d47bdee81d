// tui/input/editor.h: a text being typed, of one or more lines: cursor by grapheme cluster, undo,
// kill and yank. Pure. Names of the edits are readline's.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <string>
#include <string_view>
#include <vector>

#include "tui/text/cells.h"

namespace yap::tui {

// What does not fit any more is not taken: half of it would be worse than none. 4 messages' worth.
inline constexpr std::size_t kEditorBytesMax = 64 * 1024;
// Steps that can be undone, and bytes of all of them together; the oldest are forgotten first.
inline constexpr std::size_t kUndoMax = 200;
inline constexpr std::size_t kUndoBytesMax = std::size_t{1} << 20;

enum class Edit : std::uint8_t {
  kLeft,
  kRight,
  kWordLeft,
  kWordRight,
  kLineStart,
  kLineEnd,
  kUp,
  kDown,
  kDeleteBack,
  kDeleteForward,
  kKillWordBack,
  kKillWordForward,
  kKillToStart,
  kKillToEnd,
  kYank,
  kUndo,
  kRedo,
  kTranspose,
  kNewline,
  kClear,
};

class Editor {
 public:
  static constexpr int kNoBox = 1 << 20;

  // Typed or pasted; a tab is a space, other controls than \n are dropped, CRLF and CR become \n,
  // ill-formed bytes U+FFFD. False: over kEditorBytesMax, nothing taken.
  bool Insert(std::string_view text);
  // False: it changed nothing (the cursor was at the end, nothing to undo…). `columns`: of the box,
  // for kUp and kDown, which go by its rows; without it by lines.
  bool Do(Edit edit, int columns = kNoBox);
  // Replaces the bytes [from, to) as one step of undo; the cursor goes behind. What lies beyond the
  // text is its end. REQUIRES: from <= to, on edges of clusters. False: as Insert.
  bool Replace(std::size_t from, std::size_t to, std::string_view with);
  // A new text (from history, a draft); the cursor at its end. One step of undo. False: as Insert.
  bool Set(std::string_view text);
  // The text, leaving an empty editor without undo; what was killed can still be yanked.
  std::string Take();

  const std::string& text() const { return text_; }
  std::size_t cursor() const { return cursor_; }  // Byte offset, on a cluster's edge.
  bool empty() const { return text_.empty(); }

  // The text wrapped for a box, and where the cursor is in it.
  struct Shape {
    std::vector<Row> rows;
    int row = 0;
    int column = 0;  // Less than `columns`.
  };
  // At most `rows_max` rows: those around the cursor. `masked`: a dot for each cluster (passwords).
  // Fewer than 2 columns count as 2, and no rows as one.
  Shape Show(int columns, int rows_max, bool masked = false) const;
  // Whether the cursor is in the first or last row at this width (where Up and Down mean history).
  bool InFirstRow(int columns) const;
  bool InLastRow(int columns) const;

 private:
  struct State {
    std::string text;
    std::size_t cursor = 0;
  };
  // What the last edit was: typing on, and killing on, are one step.
  enum class Last : std::uint8_t { kOther, kTyped, kKilled };

  bool Move(std::size_t to);
  bool MoveRow(int rows, int columns);
  bool Delete(std::size_t from, std::size_t to);
  bool Kill(std::size_t from, std::size_t to);
  bool Yank();
  bool Transpose();
  bool Step(std::deque<State>& from, std::deque<State>& to);
  bool Change(std::size_t from, std::size_t to, std::string_view with, Last kind);
  void Remember();

  std::string text_;
  std::size_t cursor_ = 0;
  std::string killed_;
  std::deque<State> undo_;
  std::deque<State> redo_;
  Last last_ = Last::kOther;
};

}  // namespace yap::tui
