// client/update.h: the one place where a Model changes: Update(model, message) → commands. Pure:
// what a command means is client/runtime.h.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "base/result.h"
#include "client/model.h"

namespace yap::client {

// --- What happened ---
struct ChannelOpened {  // With an empty past; events come after `after_seq`.
  ChannelModel channel;
};
struct EventCame {
  ChatEvent event;
};
struct PastLoaded {  // A page that ends before the first line.
  std::uint64_t channel = 0;
  std::vector<ChatEvent> events;
};
struct MembersLoaded {
  std::uint64_t channel = 0;
  std::vector<std::string> names;
};
struct CaughtUp {
  std::uint64_t channel = 0;
  std::uint64_t head = 0;
};
struct PastTruncated {
  std::uint64_t channel = 0;
  std::uint64_t first_available = 0;
};
struct LogReplaced {
  std::uint64_t channel = 0;
  std::uint64_t epoch = 0;
  std::uint64_t head = 0;
};
struct ChannelEnded {
  std::uint64_t channel = 0;
  std::string why;
};
struct ConnectionChanged {
  Connection connection = Connection::kConnecting;
  std::string trouble;
  Duration next_try{};
  std::optional<Error> stopped_by{};  // With kStopped; none: it was asked to.
};
// Somebody typed a message; the key was drawn for it.
struct Typed {
  std::string ref;
  std::string key;
  std::string text;
};
// It is in the outbox, on disk (also: found there at the start).
struct Queued {
  std::string ref;
  ChatLine line;
};
struct NotQueued {
  std::string ref;
  std::string key;
  std::string why;
};
struct Delivered {
  std::string ref;
  std::string key;
  std::uint64_t seq = 0;
  WallTime time;
};
struct Refused {
  std::string ref;
  std::string key;
  std::string why;
};
struct Rekeyed {
  std::string old_key;
  std::string new_key;
};
struct RetryAsked {
  std::string key;
  std::string new_key;
};
struct DropAsked {
  std::string key;
};
// Somebody has seen the channel up to its end.
struct Seen {
  std::uint64_t channel = 0;
};
struct OlderAsked {
  std::uint64_t channel = 0;
};

using Message =
    std::variant<ChannelOpened, EventCame, PastLoaded, MembersLoaded, CaughtUp, PastTruncated,
                 LogReplaced, ChannelEnded, ConnectionChanged, Typed, Queued, NotQueued, Delivered,
                 Refused, Rekeyed, RetryAsked, DropAsked, Seen, OlderAsked>;

// --- What to do about it ---
struct Enqueue {
  std::string ref;
  std::string key;
  std::string text;
};
struct Requeue {
  std::string key;
  std::string new_key;
};
struct Discard {
  std::string key;
};
struct LoadPast {
  std::uint64_t channel = 0;
  std::uint64_t before = 0;
};
struct LoadMembers {
  std::uint64_t channel = 0;
};
struct MoveRead {
  std::uint64_t channel = 0;
  std::uint64_t seq = 0;
};
struct WakeCourier {};

using Command =
    std::variant<Enqueue, Requeue, Discard, LoadPast, LoadMembers, MoveRead, WakeCourier>;

std::vector<Command> Update(Model& model, const Message& message);

}  // namespace yap::client
