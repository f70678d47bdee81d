// tui/text/log_view.h: a channel's lines as rows, however many there are: only what is visible is
// wrapped, and a scroll position that stays on what is being read while lines come and go at both
// ends.
//
// Its place is an anchor (the seq of a line and a row in it), or the bottom. A cache keeps the rows
// of lines that were shown, by width. Pure; one thread.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "client/model.h"
#include "tui/text/cells.h"

namespace yap::tui {

// How lines are written; a change drops the cache.
struct LogStyle {
  int columns = 80;
  std::string self;  // Whose name is bold, and whose mention counts.
  client::NameColors name_colors = client::NameColors::kXep0392;
  std::uint64_t unread_after = 0;  // The unread line stands after this seq; 0: none.
  std::string find;                // Marked where it stands (case does not count); empty: nothing.
  bool ascii = false;              // Marks of pending and failed in ASCII.

  friend bool operator==(const LogStyle&, const LogStyle&) = default;
};

// What the view shows of the log.
struct LogPage {
  std::vector<Row> rows;    // Exactly `height`, blank at the top where the log is short.
  std::uint64_t below = 0;  // Lines under the last row: "N new below".
  bool at_bottom = true;
  bool wants_older = false;  // The first line loaded is within a page of the top.
};

class LogView {
 public:
  // The rows for `channel` (its lines, then its unsent) in `height` rows. The unread line, a line
  // per day ("── 27 November 2026 ──"), and one author's messages within 5 minutes under one name.
  // Cost: O(height) lines wrapped, whatever the log's length.
  LogPage Show(const client::ChannelModel& channel, const LogStyle& style, int height);

  // Moves by rows; negative is up. Clamped at the next Show. Reaching the end is the bottom.
  void Scroll(int rows);
  void ToBottom();
  void ToSeq(std::uint64_t seq);  // That line at the top third; the nearest one where it is gone.
  bool at_bottom() const { return !anchor_; }

  // The newest line before the one shown (older) or after it (newer) that contains `what`; scrolls
  // there. False: there is none.
  bool Find(const client::ChannelModel& channel, const std::string& what, bool older);

  std::size_t cached() const { return cache_.size(); }

 private:
  struct Anchor {
    std::uint64_t seq = 0;
    int row = 0;  // Of the line, that stands in the last row of the view.
  };
  struct Wrapped {
    std::vector<Row> rows;
  };

  std::optional<Anchor> anchor_;  // None: the bottom.
  int pending_scroll_ = 0;
  LogStyle style_;
  std::unordered_map<std::uint64_t, Wrapped> cache_;  // By seq; dropped beyond 4,096 entries.
};

}  // namespace yap::tui
