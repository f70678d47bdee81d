// tui/pages/layout.h: how many columns and rows the parts of the chat have. Pure.
#pragma once

#include <vector>

#include "tui/pages/state.h"

namespace yap::tui {

// Under these the lists fold; F7 and F8 hide them in wider ones.
inline constexpr int kChannelsFromColumns = 80;
inline constexpr int kMembersFromColumns = 100;
inline constexpr int kMembersColumns = 16;
inline constexpr int kInputRowsMax = 10;

struct ChatLayout {
  int channels = 0;  // Columns; 0: not shown. A line stands beside it.
  int members = 0;   // As well.
  int log = 0;
  int log_rows = 0;
  int notice_rows = 0;  // Of a notice that is too long for the status line.
  int input_rows = 1;
};

ChatLayout LayoutOf(const State& state, const client::Model& model);

// The notice in rows, where it does not fit beside the connection; else none. At most 3: beyond it
// is cut.
std::vector<Row> LongNotice(const State& state);

// What is typed stands after "› ", and its cursor may be behind its last column.
constexpr int InputColumns(Size size) { return size.columns - 3; }

}  // namespace yap::tui
