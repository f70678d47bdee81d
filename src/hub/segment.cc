#include "hub/segment.h"

#include <algorithm>
#include <cstring>

#include "base/check.h"

namespace yap::hub {

Segment::Segment(Place start, std::size_t bytes_max, std::size_t events_max)
    : start_(start),
      bytes_max_(bytes_max),
      events_max_(events_max),
      bytes_(std::make_unique_for_overwrite<char[]>(bytes_max)),
      entries_(std::make_unique_for_overwrite<Entry[]>(events_max)) {
  YAP_CHECK(events_max >= 1 && bytes_max <= UINT32_MAX);
}

bool Segment::Fits(std::size_t bytes) const {
  const std::size_t count = count_.load(std::memory_order_relaxed);
  const std::size_t used = count == 0 ? 0 : entries_[count - 1].end;
  return count < events_max_ && bytes <= bytes_max_ - used;
}

void Segment::Append(std::string_view framed, const core::Event& event) {
  YAP_CHECK(Fits(framed.size()));
  const std::size_t count = count_.load(std::memory_order_relaxed);
  const std::size_t used = count == 0 ? 0 : entries_[count - 1].end;
  std::memcpy(bytes_.get() + used, framed.data(), framed.size());
  entries_[count] = {event.countable, event.time, static_cast<std::uint32_t>(used + framed.size())};
  count_.store(count + 1, std::memory_order_release);
}

Place Segment::AtOrBehind(std::uint64_t pos) const {
  if (pos == start_.pos) return start_;
  const Entry* first = entries_.get();
  const Entry* last = first + count_.load(std::memory_order_acquire);
  const Entry* found = std::partition_point(
      first, last, [offset = pos - start_.pos](const Entry& e) { return e.end < offset; });
  YAP_CHECK(found != last);
  return At(static_cast<std::size_t>(found - first) + 1);
}

core::Head Segment::HeadAt(core::Seq seq, core::Epoch epoch) const {
  const Entry& entry = entries_[seq.Since(start_.seq) - 1];
  return {seq, epoch, entry.countable, entry.time};
}

std::size_t Segment::memory() const {
  return sizeof(Segment) + bytes_max_ + events_max_ * sizeof(Entry);
}

}  // namespace yap::hub
