// tui/text/log_view.h: a channel's lines as rows, however many there are: only what is visible is
// wrapped, and a scroll position that stays on what is being read while lines come and go at both
// ends, and when the width changes.
//
// Its place is an anchor (a line, and how many rows of it are below the view), or the bottom. A
// cache keeps the rows of lines that were shown. Pure, but for the time zone; one thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "client/model.h"
#include "tui/text/cells.h"
#include "tui/text/line_rows.h"

namespace yap::tui {

// What the view shows of the log.
struct LogPage {
  std::vector<Row> rows;        // Exactly `height`, blank at the top where the log is short.
  std::uint64_t below = 0;      // Lines under the last row.
  std::uint64_t new_below = 0;  // Those of them that are events after the read position.
  bool at_bottom = true;
  bool wants_older = false;  // The first line loaded is within a page of the top, and not the
                             // channel's first.
};

class LogView {
 public:
  // The rows for `channel` (its lines, then its unsent) in `height` rows. The unread line, a line
  // per day, and one author's messages within 5 minutes under one name. Another channel than the
  // last, or another epoch of its log, begins at the bottom.
  // Cost: O(height + rows scrolled) lines wrapped, whatever the log's length.
  // A height or width below 1 counts as 1.
  LogPage Show(const client::ChannelModel& channel, LogStyle style, int height);

  // Moves by rows; negative is up. Clamped at the next Show. Reaching the end is the bottom.
  void Scroll(int rows);
  void ToBottom();
  void ToSeq(std::uint64_t seq);  // That line at the top third; the nearest one where it is gone.
  bool at_bottom() const { return !anchor_ && !target_ && scroll_ == 0; }

  // The nearest line before the one found last (older) or after it (newer) that contains `what`,
  // whatever the case; after any other move the search begins at what is shown. Scrolls there.
  // False: there is none, and nothing changes.
  bool Find(const client::ChannelModel& channel, const std::string& what, bool older);

  // Lines in the cache.
  std::size_t cached() const { return cache_.size(); }

 private:
  // Of all cached rows together: two screens of the largest terminals, some 2 MiB; beyond, the
  // cache begins anew.
  static constexpr std::size_t kCachedCellsMax = 50'000;
  // Rows that one Show moves at most: each may cost the wrapping of a line.
  static constexpr int kScrollMax = 4096;

  // A row: of which line (by place in lines and unsent), and which of its rows.
  struct Place {
    std::size_t line = 0;
    int row = 0;
    friend bool operator==(const Place&, const Place&) = default;
  };
  // The last row of the view, in terms that outlive changes of the log.
  struct Anchor {
    std::uint64_t seq = 0;
    std::string key;  // Of an unsent line, which has no seq.
    int under = 0;    // Rows of the line below that row.
  };
  struct Wrapped {
    Heading heading;
    std::vector<Row> rows;
  };

  void Prepare(const client::ChannelModel& channel, LogStyle style);
  // The rows of a line; valid until the next call.
  const std::vector<Row>& Rows(std::size_t line);
  int RowCount(std::size_t line) { return static_cast<int>(Rows(line).size()); }
  const std::vector<Row>& Remember(const client::ChatLine& line, const Heading& heading);

  Place End();
  Place Resolved();
  std::size_t LineOf(const Anchor& anchor) const;
  Place Moved(Place place, int rows);
  // Not so far up that rows would be blank above the first line.
  Place Clamped(Place place, int height);
  void Keep(Place place);
  LogPage PageAt(Place place, int height);

  const client::ChannelModel* channel_ = nullptr;  // During Show.
  std::uint64_t channel_id_ = 0;
  std::uint64_t epoch_ = 0;
  LogStyle style_;
  std::optional<Anchor> anchor_;  // None: the bottom.
  std::optional<std::uint64_t> target_;
  std::optional<std::uint64_t> found_;
  int scroll_ = 0;
  std::unordered_map<std::uint64_t, Wrapped> cache_;  // By seq.
  std::size_t cached_cells_ = 0;
  std::vector<Row> unsent_;  // Of the unsent line that was asked for last.
};

}  // namespace yap::tui
