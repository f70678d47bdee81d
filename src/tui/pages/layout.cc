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

constexpr std::size_t kNoticeRowsMax = 3;
// "● online, 2 queued" and some blanks.
constexpr int kBesideNotice = 20;

}  // namespace

std::vector<Row> LongNotice(const State& state) {
  const int columns = state.size.columns;
  if (!state.notice || unicode::Columns(state.notice->text) <= columns - kBesideNotice) return {};
  auto rows =
      Wrap(state.notice->text, columns - 2, 0, state.notice->error ? Role::kError : Role::kNews);
  if (rows.size() > kNoticeRowsMax) {
    rows.resize(kNoticeRowsMax);
    Append(rows.back(), "…", Role::kDim);
    rows.back() = Fit(std::move(rows.back()), columns - 2);
  }
  for (Row& row : rows) row.insert(row.begin(), {.glyph = " "});
  return rows;
}

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
  layout.notice_rows = static_cast<int>(LongNotice(state).size());
  layout.log_rows = std::max(1, size.rows - 2 - layout.input_rows - layout.notice_rows);
  return layout;
}

}  // namespace yap::tui
