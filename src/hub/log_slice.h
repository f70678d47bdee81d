// hub/log_slice.h: what one thread sees of a log of framed messages: a range of segments that stays
// as it is until the owner refreshes it. Both a room log's tail and a page read from the store look
// like this to a cursor.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "hub/hub.h"
#include "hub/segment.h"

namespace yap::hub {

// An event at which some cursors must stop and do something, once it was delivered.
struct Mark {
  enum class Kind : std::uint8_t { kRemoval, kAdded };
  Kind kind = Kind::kRemoval;
  EndReason reason = EndReason::kLeft;  // kRemoval: the cursors of `user` end here.
  core::Seq seq{};
  core::UserId user{};
  core::ChannelId channel{};  // kAdded: cursors that follow get one on `channel`, from …
  core::Seq join_seq{};       // … this event on.
  core::Epoch epoch{};
};
std::optional<Mark> MarkOf(const core::Event& event);

// A head of which only the place is known.
inline core::Head HeadOf(core::Seq seq, core::Epoch epoch) { return {seq, epoch, 0, {}}; }

struct LogSlice {
  std::vector<std::shared_ptr<const Segment>> segments;
  std::vector<Mark> marks;  // Of the events in it, ascending.
  Place base;               // Before its first event. No segments: == tail.
  Place tail;               // Behind its last event.
  core::Head base_head;     // The log's head as of `base`, as far as it is known.

  // REQUIRES: base.seq <= seq <= tail.seq.
  Place Behind(core::Seq seq) const;
  // The first boundary at or behind `pos`. REQUIRES: base.pos <= pos <= tail.pos.
  Place AtOrBehind(std::uint64_t pos) const;
  // The log's head as of `seq`. REQUIRES: base.seq < seq <= tail.seq.
  core::Head HeadAt(core::Seq seq) const;
  // The log's head as of `tail`.
  core::Head TailHead() const;
  // Shares the bytes from `from` to `to`. REQUIRES: base.pos <= from <= to <= tail.pos.
  void Share(std::uint64_t from, std::uint64_t to, Sink& sink) const;
  void CopyTo(std::uint64_t from, std::uint64_t to, std::string& out) const;

 private:
  const Segment& SegmentWith(core::Seq seq) const;
  std::size_t IndexOf(std::uint64_t pos) const;
  template <class F>
  void ForRanges(std::uint64_t from, std::uint64_t to, F&& f) const;
};

}  // namespace yap::hub
