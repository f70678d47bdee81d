// tui/text/line_rows.h: one line of a channel → rows: time, name, text with a hanging indent; what
// stands above it. Pure, but for the time zone of the process.
//
//   12:34            ada Hello, everybody in
//                        this channel
//   12:35              * bob joined
//
// Under kFoldColumns the name stands above the text, which is indented by one: whatever it says, it
// does not look like another line.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "client/model.h"
#include "client/name_color.h"
#include "tui/text/cells.h"

namespace yap::tui {

inline constexpr int kFoldColumns = 60;
inline constexpr int kNameColumns = 14;
// A message of the same author this soon after the one before has no name of its own.
inline constexpr std::chrono::minutes kGroupFor{5};

// How lines are written.
struct LogStyle {
  int columns = 80;
  std::string self;  // Whose name is bold.
  client::NameColors name_colors = client::NameColors::kXep0392;
  std::uint64_t unread_after = 0;  // The unread line stands after this seq; 0: none.
  std::string find;                // Marked where it stands in a row (case does not count).
  bool ascii = false;              // Marks and rules in ASCII.

  friend bool operator==(const LogStyle&, const LogStyle&) = default;
};

// What a line has before its text, because of the line before it.
struct Heading {
  bool day = false;     // "── 27 November 2026 ──"
  bool unread = false;  // "── unread ──"
  bool name = false;
  bool time = false;

  friend bool operator==(const Heading&, const Heading&) = default;
};

// `before`: null for the first line that is loaded.
Heading HeadingOf(const client::ChatLine& line, const client::ChatLine* before,
                  const LogStyle& style);

// At least one row, each of at most style.columns. A message "* waves" of ada, which is what /me
// sends, is "* ada waves". One that is pending is dim, with "…"; one that failed has "!" and the
// reason under it. REQUIRES: style.columns >= 1.
std::vector<Row> LineRows(const client::ChatLine& line, const Heading& heading,
                          const LogStyle& style);

}  // namespace yap::tui
