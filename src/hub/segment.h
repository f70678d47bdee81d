// hub/segment.h: a block of framed messages with an index by event. One thread appends, any thread
// reads what was published; nothing in it moves or changes once it is.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string_view>

#include "core/event_log.h"

namespace yap::hub {

// A boundary between two messages of a log: right behind the event `seq`, `pos` bytes from the
// log's origin. Places of one log order the same by either.
struct Place {
  core::Seq seq;
  std::uint64_t pos = 0;
  friend bool operator==(const Place&, const Place&) = default;
};

class Segment {
 public:
  // Holds the events after `start`. REQUIRES: events_max >= 1, bytes_max < 4 GiB.
  Segment(Place start, std::size_t bytes_max, std::size_t events_max);
  Segment(const Segment&) = delete;
  Segment& operator=(const Segment&) = delete;

  // The writer's. Append publishes the message to the readers. REQUIRES: Fits(framed.size()).
  bool Fits(std::size_t bytes) const;
  void Append(std::string_view framed, const core::Event& event);

  // Any thread's. What lies before an end() that was seen is there and stays as it is.
  Place start() const { return start_; }
  Place end() const { return At(count_.load(std::memory_order_acquire)); }
  // REQUIRES: start().seq <= seq <= end().seq.
  Place Behind(core::Seq seq) const { return At(seq.Since(start_.seq)); }
  // The first boundary at or behind `pos`. REQUIRES: start().pos <= pos <= end().pos.
  Place AtOrBehind(std::uint64_t pos) const;
  // The head of the log as of event `seq`. REQUIRES: start().seq < seq <= end().seq.
  core::Head HeadAt(core::Seq seq, core::Epoch epoch) const;
  const char* BytesAt(std::uint64_t pos) const { return bytes_.get() + (pos - start_.pos); }
  // Bytes of heap it takes, used or not.
  std::size_t memory() const;

 private:
  struct Entry {
    std::uint64_t countable;
    WallTime time;
    std::uint32_t end;  // Where the event's message ends, from the segment's start.
  };

  Place At(std::size_t count) const {
    if (count == 0) return start_;
    return {start_.seq.Plus(count), start_.pos + entries_[count - 1].end};
  }

  const Place start_;
  const std::size_t bytes_max_;
  const std::size_t events_max_;
  const std::unique_ptr<char[]> bytes_;
  const std::unique_ptr<Entry[]> entries_;
  std::atomic<std::size_t> count_ = 0;
};

}  // namespace yap::hub
