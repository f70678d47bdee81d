#include "hub/log_slice.h"

#include <algorithm>

namespace yap::hub {

std::optional<Mark> MarkOf(const core::Event& event) {
  Mark mark{.seq = event.seq, .epoch = event.epoch};
  if (const auto* left = std::get_if<core::MemberLeft>(&event.body)) {
    mark.user = left->member.user;
    return mark;
  }
  if (const auto* removed = std::get_if<core::MemberRemoved>(&event.body)) {
    mark.user = removed->member.user;
    mark.reason = removed->banned ? EndReason::kBanned : EndReason::kRemoved;
    return mark;
  }
  if (const auto* added = std::get_if<core::AddedToChannel>(&event.body)) {
    mark.kind = Mark::Kind::kAdded;
    mark.channel = added->channel;
    mark.join_seq = added->join_seq;
    return mark;
  }
  return std::nullopt;
}

// The segment that `pos` lies in, or ends in where it is the tail. Almost always the last one.
std::size_t LogSlice::IndexOf(std::uint64_t pos) const {
  if (pos >= segments.back()->start().pos) return segments.size() - 1;
  const auto next = std::ranges::partition_point(
      segments, [pos](const auto& segment) { return segment->start().pos <= pos; });
  return static_cast<std::size_t>(next - segments.begin()) - 1;
}

const Segment& LogSlice::SegmentWith(core::Seq seq) const {
  const auto next = std::ranges::partition_point(
      segments, [seq](const auto& segment) { return segment->start().seq < seq; });
  return **std::prev(next);
}

Place LogSlice::Behind(core::Seq seq) const {
  if (seq == tail.seq) return tail;
  if (seq == base.seq) return base;
  return SegmentWith(seq).Behind(seq);
}

core::Head LogSlice::HeadAt(core::Seq seq) const {
  return SegmentWith(seq).HeadAt(seq, base_head.epoch);
}

Place LogSlice::AtOrBehind(std::uint64_t pos) const {
  if (pos == tail.pos) return tail;
  return segments[IndexOf(pos)]->AtOrBehind(pos);
}

core::Head LogSlice::TailHead() const {
  if (tail == base) return base_head;
  return HeadAt(tail.seq);
}

template <class F>
void LogSlice::ForRanges(std::uint64_t from, std::uint64_t to, F&& f) const {
  for (std::size_t i = from == to ? 0 : IndexOf(from); from < to; ++i) {
    const bool last = i + 1 == segments.size();
    const std::uint64_t end = last ? to : std::min(to, segments[i + 1]->start().pos);
    f(std::span(segments[i]->BytesAt(from), end - from));
    from = end;
  }
}

void LogSlice::Share(std::uint64_t from, std::uint64_t to, Sink& sink) const {
  ForRanges(from, to, [&sink](std::span<const char> bytes) { sink.Share(bytes); });
}

void LogSlice::CopyTo(std::uint64_t from, std::uint64_t to, std::string& out) const {
  ForRanges(from, to,
            [&out](std::span<const char> bytes) { out.append(bytes.data(), bytes.size()); });
}

}  // namespace yap::hub
