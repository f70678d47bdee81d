// store/scylla/internal/layout.h: where events and keys lie in the table `log`. Pure. Private to
// the adapter, as is all of internal/.
#pragma once

#include <cstdint>
#include <string>

#include "core/event_log.h"

namespace yap::store::scylla {

// Events of one partition, as a power of two. At 16 KiB an event, the worst, 67 MB.
inline constexpr int kBucketBits = 12;
// Buckets in which a key is looked for, the newest first.
inline constexpr std::int32_t kLookBackBuckets = 64;

// A log is cut into buckets of equal size; each is a partition. A bucket that is full never changes
// again.
class Buckets {
 public:
  constexpr explicit Buckets(int bits = kBucketBits) : bits_(bits) {}

  // The bucket of the event `seq`; that of "before the first" is the first one.
  constexpr std::int32_t Of(core::Seq seq) const {
    return seq.value == 0 ? 0 : static_cast<std::int32_t>((seq.value - 1) >> bits_);
  }
  // Where the events after `since` begin. A client says what `since` was: beyond `head` it is
  // `head`.
  constexpr std::int32_t OfFirstAfter(core::Seq since, core::Seq head) const {
    return since < head ? Of(since.Next()) : Of(head);
  }
  constexpr core::Seq Last(std::int32_t bucket) const {
    return core::Seq((static_cast<std::uint64_t>(bucket) + 1) << bits_);
  }
  // How many events fit after `head` until its successor's bucket is full; at least one.
  constexpr std::size_t RoomAfter(core::Seq head) const {
    return Last(Of(head.Next())).Since(head);
  }
  // Whether `head`, the newest event of its bucket, leaves room there.
  constexpr bool IsFull(core::Seq head) const { return head.value != 0 && head == Last(Of(head)); }

 private:
  int bits_;
};

// Clustering keys: 8 bytes big endian, so that they sort as numbers; and the sender before the
// client's key.
std::string EventKey(core::Seq seq);
core::Seq SeqOfEventKey(std::string_view key);  // REQUIRES: 8 bytes.
std::string DedupKey(core::UserId sender, const core::ClientKey& key);

// What the static columns of a bucket say of the log up to its newest event.
struct LogHead {
  core::Seq seq;
  WallTime time;
  std::uint64_t countable = 0;
  std::uint32_t members = 0;
  core::Seq changed;  // The newest event that has projections (projector.h), in any bucket.
  core::Seq effects;  // The newest event that has effects (core/projection.h), in any bucket.
  friend bool operator==(const LogHead&, const LogHead&) = default;
};

inline core::Head ToHead(const LogHead& head, core::Epoch epoch) {
  return {.seq = head.seq, .epoch = epoch, .countable = head.countable, .time = head.time};
}

}  // namespace yap::store::scylla
