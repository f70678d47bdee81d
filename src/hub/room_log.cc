#include "hub/room_log.h"

#include <algorithm>

#include "base/check.h"
#include "hub/limits.h"

namespace yap::hub {
namespace {

// Far from zero only so that a mistake shows; positions never wrap.
constexpr std::uint64_t kOrigin = 1;

}  // namespace

RoomLog::RoomLog(Limits limits, core::Head start)
    : limits_(limits),
      epoch_(start.epoch),
      tail_{start.seq, kOrigin},
      base_(tail_),
      next_segment_bytes_(kSegmentBytesFirst) {
  shared_.With([&](Shared& s) {
    s.base = base_;
    s.base_head = start;
  });
}

// A change of the list. The generation is raised before anything that depends on the change is
// published, see Refresh.
template <class F>
void RoomLog::Change(F&& f) {
  shared_.With([&](Shared& s) {
    f(s);
    generation_.store(++s.generation, std::memory_order_release);
  });
}

std::shared_ptr<Segment> RoomLog::NewSegment(std::size_t bytes) {
  const std::size_t bytes_cap = std::min(kSegmentBytesMax, limits_.bytes_max / kSegmentsPerTail);
  const std::size_t capacity = std::max(bytes, std::min(next_segment_bytes_, bytes_cap));
  const std::size_t events =
      std::clamp<std::size_t>(capacity / kSegmentBytesPerEntry, 1,
                              std::max<std::size_t>(1, limits_.events_max / kSegmentsPerTail));
  next_segment_bytes_ = std::min(kSegmentBytesMax, next_segment_bytes_ * 2);
  auto segment = std::make_shared<Segment>(tail_, capacity, events);
  memory_ += segment->memory();
  ++segments_;
  return segment;
}

void RoomLog::Append(const core::Event& event, std::string_view framed) {
  YAP_CHECK(event.seq == tail_.seq.Next() && !framed.empty());
  const auto mark = MarkOf(event);
  if (last_segment_ && last_segment_->Fits(framed.size())) {
    // The mark first, so that no reader passes the event without it.
    if (mark) Change([&](Shared& s) { s.marks.push_back(*mark); });
    last_segment_->Append(framed, event);
  } else {
    last_segment_ = NewSegment(framed.size());
    last_segment_->Append(framed, event);
    Change([&](Shared& s) {
      s.segments.push_back(last_segment_);
      if (mark) s.marks.push_back(*mark);
    });
  }
  tail_ = {event.seq, tail_.pos + framed.size()};
  Trim();
}

void RoomLog::Trim() {
  while (segments_ > 1 && (tail_.pos - base_.pos > limits_.bytes_max ||
                           tail_.seq.Since(base_.seq) > limits_.events_max)) {
    Change([&](Shared& s) {
      memory_ -= s.segments.front()->memory();
      const Place end = s.segments.front()->end();
      s.base_head = s.segments.front()->HeadAt(end.seq, epoch_);
      s.segments.erase(s.segments.begin());
      s.base = base_ = end;
      std::erase_if(s.marks, [&](const Mark& m) { return m.seq <= s.base.seq; });
    });
    --segments_;
  }
}

void RoomLog::Evict() {
  if (segments_ == 0) return;
  Change([&](Shared& s) {
    s.base_head = last_segment_->HeadAt(tail_.seq, epoch_);
    s.segments.clear();
    s.marks.clear();
    s.base = base_ = tail_;
  });
  last_segment_.reset();
  segments_ = 0;
  memory_ = 0;
  next_segment_bytes_ = kSegmentBytesFirst;
}

void RoomLog::JumpTo(core::Seq first) {
  YAP_CHECK(first > tail_.seq);
  Evict();
  // One position further: nobody who was at the old tail is at the new one.
  tail_ = base_ = {core::Seq(first.value - 1), tail_.pos + 1};
  Change([&](Shared& s) {
    s.base = base_;
    s.base_head = HeadOf(base_.seq, epoch_);
  });
}

void RoomLog::Close(Closed why) {
  Change([&](Shared& s) { s.closed = why; });
}

void RoomLog::Copy(Picture& picture, std::vector<std::shared_ptr<const Segment>>& dropped) const {
  auto& slice = picture.slice;
  auto before = std::exchange(slice.segments, {});
  shared_.With([&](const Shared& s) {
    slice.segments.assign(s.segments.begin(), s.segments.end());
    slice.marks = s.marks;
    slice.base = s.base;
    slice.base_head = s.base_head;
    picture.closed = s.closed;
    picture.generation = s.generation;
  });
  const auto kept = [&](const auto& segment) {
    return !slice.segments.empty() && segment->start().pos >= slice.segments.front()->start().pos;
  };
  for (auto& segment : before) {
    if (!kept(segment)) dropped.push_back(std::move(segment));
  }
}

// The tail is read before the generation is looked at again: an event that was seen came after its
// mark's generation, so a generation that did not change means that no mark is missing.
void RoomLog::Refresh(Picture& picture,
                      std::vector<std::shared_ptr<const Segment>>& dropped) const {
  auto& slice = picture.slice;
  do {
    if (generation_.load(std::memory_order_acquire) != picture.generation) Copy(picture, dropped);
    slice.tail = slice.segments.empty() ? slice.base : slice.segments.back()->end();
  } while (generation_.load(std::memory_order_acquire) != picture.generation);
}

}  // namespace yap::hub
