// core/event_log.h: the durable log of each channel, ordered by sequence number. The truth; the bus
// only hints. Thread-safe. Every adapter passes store/event_log_contract_test.cc.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <vector>

#include "base/task.h"
#include "core/event.h"
#include "crypto/hash.h"

namespace yap::core {

// An event that has no number yet.
struct Draft {
  Actor actor;
  ClientKey key{};  // None: not deduplicated (the server's own events that need no key).
  WallTime time;
  Body body;
  // What makes a second write with the same key the same write; of the request, not of the outcome.
  Digest fingerprint{};
};

struct Appended {
  enum class Outcome {
    kStored,
    kDuplicate,  // The key was in the channel already, with the same fingerprint; nothing stored.
    kKeyReused,  // The key was in the channel already, with another one; nothing stored.
  };
  Outcome outcome = Outcome::kStored;
  Seq seq;                      // Of the event that holds the key.
  WallTime time;                // Of that event.
  std::uint64_t countable = 0;  // Of that event.
};

// The last event of a log, or all zero (but the epoch) for an empty one.
struct Head {
  Seq seq;
  Epoch epoch;
  std::uint64_t countable = 0;
  WallTime time;
};

// What a second write with a key finds.
struct KeyMatch {
  Seq seq;
  WallTime time;
  Epoch epoch;
  Digest fingerprint{};
};

// Events after a seq, ascending and without holes. Shorter than asked for at the end of the log and
// where kReadPageBytesMax cuts it; `head` tells which.
struct EventPage {
  std::vector<EventPtr> events;
  Head head;
  Seq first_available;  // 1 until there is retention; above it for a log that was cut.
};

// Who may append to the logs: then what a process knows of a log may be behind it at any time.
enum class Writers : std::uint8_t { kThisProcess, kOthersToo };

class EventLog {
 public:
  virtual ~EventLog() = default;

  virtual Writers writers() const = 0;

  // Appends `drafts` after `expected_head`, numbering those that are stored densely in their order.
  // On OK each stored one is durable and visible to every later Read, its projections
  // (projection.h) included, or will be replayed before anybody's access is judged. Two drafts with
  // one key in one call: the second is the first's duplicate. A key is noticed for certain where it
  // was stored after `expected_head`; who may be repeating something older asks FindKey first.
  // Errors: Conflict "HEAD_MOVED"
  // (nothing stored; read what is new, judge again), NotFound "CHANNEL_NOT_FOUND",
  // ResourceExhausted "STORE_FULL" (the disk; nothing stored) or "QUEUE_FULL", Unavailable or
  // DeadlineExceeded (unknown whether stored: append again with the same keys). REQUIRES: 1 <=
  // drafts.size() <= kAppendBatchMax.
  virtual Task<std::vector<Appended>> Append(ChannelId channel, std::vector<Draft> drafts,
                                             Seq expected_head, Deadline deadline) = 0;

  // At most `limit` events after `after`. A channel nobody wrote to has an empty log, not an error.
  // REQUIRES: 1 <= limit <= kReadPageMax.
  virtual Task<EventPage> Read(ChannelId channel, Seq after, std::size_t limit,
                               Deadline deadline) = 0;

  // Linearizable: not older than any Append that was answered before the call.
  virtual Task<Head> ReadHead(ChannelId channel, Deadline deadline) = 0;

  // The event that `user` wrote under `key`, if any. `since` is a head at which the key was not in
  // the log yet: nothing up to it need be searched; 0 is "unknown". A store that cannot search as
  // far as that answers FailedPrecondition "RETRY_TOO_LATE", and of an unknown `since` searches as
  // far as it can.
  virtual Task<std::optional<KeyMatch>> FindKey(ChannelId channel, UserId user, ClientKey key,
                                                Seq since, Deadline deadline) = 0;
};

}  // namespace yap::core
