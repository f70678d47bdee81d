// tui/input/editor.h: a text being typed, of one or more lines: cursor by grapheme cluster, undo,
// kill and yank. Pure. Names of the edits are readline's.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "tui/text/cells.h"

namespace yap::tui {

// What does not fit any more is not taken: half of it would be worse than none. 4 messages' worth.
inline constexpr std::size_t kEditorBytesMax = 64 * 1024;

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
  // Typed or pasted; controls other than \n and \t are dropped, CRLF and CR become \n. False: over
  // kEditorBytesMax, nothing taken.
  bool Insert(std::string_view text);
  // False: it changed nothing (the cursor was at the end, nothing to undo…).
  bool Do(Edit edit);
  // Replaces the bytes [from, to) as one step of undo; the cursor goes behind.
  void Replace(std::size_t from, std::size_t to, std::string_view with);
  // A new text (from history, a draft); the cursor at its end. One step of undo.
  void Set(std::string text);
  // The text, leaving an empty editor without undo.
  std::string Take();

  const std::string& text() const { return text_; }
  std::size_t cursor() const { return cursor_; }  // Byte offset, on a cluster's edge.
  bool empty() const { return text_.empty(); }

  // The text wrapped for a box, and where the cursor is in it (it may be in the column after the
  // last).
  struct Shape {
    std::vector<Row> rows;
    int row = 0;
    int column = 0;
  };
  // At most `rows_max` rows: those around the cursor. `masked`: a dot for each cluster (passwords).
  Shape Show(int columns, int rows_max, bool masked = false) const;
  // Whether the cursor is in the first or last row at this width (where Up and Down mean history).
  bool InFirstRow(int columns) const;
  bool InLastRow(int columns) const;

 private:
  std::string text_;
  std::size_t cursor_ = 0;
};

}  // namespace yap::tui
