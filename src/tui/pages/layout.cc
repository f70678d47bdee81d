#include "tui/pages/layout.h"

#include <algorithm>

#include "unicode/width.h"

namespace yap::tui {
namespace {

// "1 #deck   12": as wide as the longest name wants, from 16 to 20.
int ChannelsColumns(const client::Model& model) {
  int longest = 0;
  for (const auto& [id, channel] : model.channels) {
    longest = std::max(longest, unicode::Columns(channel.title));
  }
  return std::clamp(longest + 6, 16, 20);
}

}  // namespace

ChatLayout LayoutOf(const State& state, const client::Model& model) {
  const Size size = state.size;
  ChatLayout layout;
  if (state.chat.channels_shown && size.columns >= kChannelsFromColumns) {
    layout.channels = ChannelsColumns(model);
  }
  if (state.chat.members_shown && size.columns >= kMembersFromColumns) {
    layout.members = kMembersColumns;
  }
  layout.log = size.columns - (layout.channels > 0 ? layout.channels + 1 : 0) -
               (layout.members > 0 ? layout.members + 1 : 0);
  // The log keeps half of the screen, whatever is being typed.
  const int input_max = std::clamp(size.rows / 2 - 2, 1, kInputRowsMax);
  const auto rows = state.chat.input.Show(InputColumns(size), input_max).rows.size();
  layout.input_rows = std::clamp(static_cast<int>(rows), 1, input_max);
  layout.log_rows = std::max(1, size.rows - 2 - layout.input_rows);
  return layout;
}

}  // namespace yap::tui
