// hub/room_log.h: the log of one channel's framed messages in this process: written by the
// channel's home thread, read by every thread through its own LogSlice. Dense: every event in it
// follows the one before. It keeps a bounded tail; readers that fall off it read the store.
//
// Writer and readers meet at two places only: a segment's published count (the tail moves, no lock)
// and, when segments or marks come and go, a list under a lock with a generation number.
#pragma once

#include <atomic>
#include <memory>
#include <optional>
#include <string_view>
#include <vector>

#include "base/guarded.h"
#include "hub/log_slice.h"

namespace yap::hub {

class RoomLog {
 public:
  struct Limits {
    std::size_t bytes_max;
    std::size_t events_max;
  };
  // Why a log is over: nothing will be appended, its readers are told and leave.
  struct Closed {
    core::Head head;    // The channel has another epoch: this is its head …
    bool gone = false;  // … or it is no more.
  };

  // An empty log right behind `start`.
  RoomLog(Limits limits, core::Head start);

  // The writer's.
  // REQUIRES: event.seq == last().Next(), not closed.
  void Append(const core::Event& event, std::string_view framed);
  // Goes on with `first`: what lies between is gone. Every reader falls off.
  // REQUIRES: first > last().
  void JumpTo(core::Seq first);
  // Gives all segments back; readers that are at the tail stay there, the others fall off.
  void Evict();
  void Close(Closed why);
  core::Seq last() const { return tail_.seq; }
  std::size_t memory() const { return memory_; }

  // Any thread's.
  core::Epoch epoch() const { return epoch_; }
  // A reader's picture of the log. Default: nothing seen yet.
  struct Picture {
    LogSlice slice;
    std::optional<Closed> closed;
    std::uint64_t generation = 0;
  };
  // Brings `picture` up to date. Segments it no longer has are moved to `dropped`.
  void Refresh(Picture& picture, std::vector<std::shared_ptr<const Segment>>& dropped) const;

 private:
  struct Shared {
    std::vector<std::shared_ptr<Segment>> segments;
    std::vector<Mark> marks;
    Place base;
    core::Head base_head;
    std::optional<Closed> closed;
    std::uint64_t generation = 1;
  };

  std::shared_ptr<Segment> NewSegment(std::size_t bytes);
  void Trim();
  template <class F>
  void Change(F&& f);
  void Copy(Picture& picture, std::vector<std::shared_ptr<const Segment>>& dropped) const;

  const Limits limits_;
  const core::Epoch epoch_;

  // Shared with readers.
  Guarded<Shared> shared_;
  std::atomic<std::uint64_t> generation_ = 1;

  // The writer's.
  Place tail_;
  Place base_;
  std::shared_ptr<Segment> last_segment_;
  std::size_t segments_ = 0;
  std::size_t next_segment_bytes_;
  std::size_t memory_ = 0;
};

}  // namespace yap::hub
