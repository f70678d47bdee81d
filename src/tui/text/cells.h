// tui/text/cells.h: text as terminal cells: the only way by which a string reaches the screen.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "client/name_color.h"

namespace yap::tui {

// What a cell looks like, as a role: look/theme.h makes colours of it.
enum class Role : std::uint8_t {
  kText,
  kDim,   // Times, hints, pending messages.
  kName,  // A person: coloured by `color` of the cell.
  kNews,  // Joined, left, topic.
  kError,
  kMention,   // A message that names the reader.
  kAccent,    // Titles, keys, what is selected in a list without focus.
  kSelected,  // Reversed.
  kUnread,    // The unread line, counts.
  kFound,     // What was searched for.
};
inline constexpr std::size_t kRoles = 10;

// One grapheme cluster on the screen.
struct Cell {
  std::string glyph;  // Safe to print; empty: the second column of the cluster before.
  Role role = Role::kText;
  bool bold = false;
  // With kName: the name's own colour, before the theme makes it readable; none: without.
  std::optional<client::Rgb> color{};

  friend bool operator==(const Cell&, const Cell&) = default;
};

using Row = std::vector<Cell>;  // Its size is its width in columns.

// `text` made visible (unicode/sanitize.h) and cut into clusters by unicode/width.h: a wide cluster
// is a cell and an empty one; clusters without width are joined to the one before. A tab is a
// space, a newline ↵. A mark with nothing to stand on gets a ◌. Takes any bytes.
Row CellsOf(std::string_view text, Role role = Role::kText);

// Adds `text` to the end of `row`.
void Append(Row& row, std::string_view text, Role role = Role::kText);

// A person's name, with its colour by `colors`.
Row NameCells(std::string_view name, client::NameColors colors);

// `row` in exactly `columns`: padded with blanks, or cut, with … as its last cell; never half of a
// wide cluster.
Row Fit(Row row, int columns);

// `line` in rows of at most `columns`, cut as unicode::WrapLine cuts; further rows begin with
// `indent` blanks where that leaves half of the width. Newlines begin rows. At least one row.
// A width below 1 counts as 1; in one column a wide cluster is ….
std::vector<Row> Wrap(std::string_view text, int columns, int indent, Role role);

// The glyphs alone, trailing blanks dropped: what tests compare.
std::string TextOf(const Row& row);

}  // namespace yap::tui
