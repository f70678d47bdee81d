#include "tui/text/log_view.h"

#include <algorithm>
#include <iterator>
#include <utility>

#include "unicode/fold.h"

namespace yap::tui {
namespace {

using client::ChannelModel;
using client::ChatLine;

std::size_t LineCount(const ChannelModel& channel) {
  return channel.lines.size() + channel.unsent.size();
}

const ChatLine& LineAt(const ChannelModel& channel, std::size_t i) {
  const std::size_t events = channel.lines.size();
  return i < events ? channel.lines[i] : channel.unsent[i - events];
}

// The place of the first event with at least that seq.
std::size_t PlaceOfSeq(const ChannelModel& channel, std::uint64_t seq) {
  const auto found = std::ranges::lower_bound(channel.lines, seq, {}, &ChatLine::seq);
  return static_cast<std::size_t>(found - channel.lines.begin());
}

// An unsent message, or the event that it has become.
std::optional<std::size_t> PlaceOfKey(const ChannelModel& channel, const std::string& key) {
  for (std::size_t i = LineCount(channel); i-- > 0;) {
    if (LineAt(channel, i).key == key) return i;
  }
  return {};
}

std::size_t CellsIn(const std::vector<Row>& rows) {
  std::size_t cells = 0;
  for (const Row& row : rows) cells += row.size() + 1;  // A row costs, too.
  return cells;
}

}  // namespace

void LogView::Scroll(int rows) {
  scroll_ =
      std::clamp(scroll_ + std::clamp(rows, -kScrollMax, kScrollMax), -kScrollMax, kScrollMax);
  found_.reset();
}

void LogView::ToBottom() {
  anchor_.reset();
  target_.reset();
  found_.reset();
  scroll_ = 0;
}

void LogView::ToSeq(std::uint64_t seq) {
  ToBottom();
  target_ = seq;
}

LogPage LogView::Show(const ChannelModel& channel, LogStyle style, int height) {
  height = std::max(height, 1);
  style.columns = std::max(style.columns, 1);
  channel_ = &channel;
  Prepare(channel, std::move(style));
  if (LineCount(channel) == 0) {
    ToBottom();
    return {.rows = std::vector<Row>(static_cast<std::size_t>(height))};
  }
  Place place = Resolved();
  const bool jumps = target_.has_value();
  if (jumps) place = Moved(place, height - 1 - height / 3);
  place = Clamped(place, height);
  const int scroll = std::exchange(scroll_, 0);
  if (scroll != 0) place = Clamped(Moved(place, scroll), height);
  if (jumps || scroll != 0) Keep(place);
  if (place == End()) anchor_.reset();
  target_.reset();
  return PageAt(place, height);
}

// What was wrapped for another width, log or search is of no use.
void LogView::Prepare(const ChannelModel& channel, LogStyle style) {
  const bool same_log = channel.id == channel_id_ && channel.epoch == epoch_;
  if (!same_log && channel_id_ != 0) {
    const auto target = target_;
    ToBottom();
    target_ = target;
  }
  if (!same_log || style != style_) {
    cache_.clear();
    cached_cells_ = 0;
  }
  channel_id_ = channel.id;
  epoch_ = channel.epoch;
  style_ = std::move(style);
}

const std::vector<Row>& LogView::Rows(std::size_t line) {
  const ChatLine& what = LineAt(*channel_, line);
  const ChatLine* before = line == 0 ? nullptr : &LineAt(*channel_, line - 1);
  const Heading heading = HeadingOf(what, before, style_);
  if (line < channel_->lines.size()) return Remember(what, heading);
  unsent_ = LineRows(what, heading, style_);
  return unsent_;
}

const std::vector<Row>& LogView::Remember(const ChatLine& line, const Heading& heading) {
  const auto known = cache_.find(line.seq);
  if (known != cache_.end() && known->second.heading == heading) return known->second.rows;
  Wrapped wrapped{heading, LineRows(line, heading, style_)};
  const std::size_t cells = CellsIn(wrapped.rows);
  if (cached_cells_ + cells > kCachedCellsMax) {
    cache_.clear();
    cached_cells_ = 0;
  }
  cached_cells_ += cells;
  const auto& kept = cache_.insert_or_assign(line.seq, std::move(wrapped)).first->second;
  return kept.rows;
}

LogView::Place LogView::End() {
  const std::size_t last = LineCount(*channel_) - 1;
  return {last, RowCount(last) - 1};
}

// Where the anchor or the target is now.
LogView::Place LogView::Resolved() {
  if (target_) return {std::min(PlaceOfSeq(*channel_, *target_), LineCount(*channel_) - 1), 0};
  if (!anchor_) return End();
  const std::size_t line = LineOf(*anchor_);
  return {line, std::max(RowCount(line) - 1 - anchor_->under, 0)};
}

std::size_t LogView::LineOf(const Anchor& anchor) const {
  const std::size_t last = LineCount(*channel_) - 1;
  if (anchor.seq != 0) return std::min(PlaceOfSeq(*channel_, anchor.seq), last);
  return PlaceOfKey(*channel_, anchor.key).value_or(last);
}

LogView::Place LogView::Moved(Place place, int rows) {
  while (rows < 0) {
    if (place.row >= -rows) return {place.line, place.row + rows};
    if (place.line == 0) return {0, 0};
    rows += place.row + 1;
    --place.line;
    place.row = RowCount(place.line) - 1;
  }
  while (rows > 0) {
    const int under = RowCount(place.line) - 1 - place.row;
    if (under >= rows) return {place.line, place.row + rows};
    if (place.line + 1 == LineCount(*channel_)) return {place.line, place.row + under};
    rows -= under + 1;
    ++place.line;
    place.row = 0;
  }
  return place;
}

LogView::Place LogView::Clamped(Place place, int height) {
  int above = place.row;
  for (std::size_t line = place.line; above < height - 1 && line-- > 0;) above += RowCount(line);
  return above >= height - 1 ? place : Moved({0, 0}, height - 1);
}

void LogView::Keep(Place place) {
  const ChatLine& line = LineAt(*channel_, place.line);
  anchor_ = Anchor{line.seq, line.seq == 0 ? line.key : "", RowCount(place.line) - 1 - place.row};
}

LogPage LogView::PageAt(Place place, int height) {
  LogPage page;
  page.below = LineCount(*channel_) - 1 - place.line;
  const std::size_t unread = PlaceOfSeq(*channel_, channel_->read_seq + 1);
  const std::size_t events = channel_->lines.size();
  page.new_below = events - std::min(events, std::max(unread, place.line + 1));
  page.at_bottom = !anchor_;
  std::size_t line = place.line;
  for (int end = place.row + 1;; end = RowCount(line)) {
    const auto& rows = Rows(line);
    for (int row = end; row-- > 0 && std::ssize(page.rows) < height;) {
      page.rows.push_back(rows[static_cast<std::size_t>(row)]);
    }
    if (line == 0 || std::ssize(page.rows) == height) break;
    --line;
  }
  page.wants_older = !channel_->at_start && line <= static_cast<std::size_t>(height);
  page.rows.resize(static_cast<std::size_t>(height));
  std::ranges::reverse(page.rows);
  return page;
}

bool LogView::Find(const ChannelModel& channel, const std::string& what, bool older) {
  channel_ = &channel;
  const std::string folded = unicode::CaseFolded(what);
  const std::size_t count = channel.lines.size();
  if (folded.empty() || count == 0) return false;
  const auto contains = [&](std::size_t i) {
    return unicode::CaseFolded(channel.lines[i].text).find(folded) != std::string::npos;
  };
  const auto go = [&](std::size_t i) {
    ToSeq(channel.lines[i].seq);
    found_ = channel.lines[i].seq;
    return true;
  };
  // Without a last one, the last line shown is looked at, too.
  std::size_t from =
      found_ ? PlaceOfSeq(channel, *found_) : (anchor_ ? LineOf(*anchor_) + 1 : count);
  from = std::min(from, count);
  if (older) {
    while (from-- > 0) {
      if (contains(from)) return go(from);
    }
    return false;
  }
  for (std::size_t i = from + (found_ ? 1 : 0); i < count; ++i) {
    if (contains(i)) return go(i);
  }
  return false;
}

}  // namespace yap::tui
