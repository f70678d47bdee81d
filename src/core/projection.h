// core/projection.h: what an event means for the tables that answer questions about channels. The
// log is the truth; these are derived from it, by these pure functions and nowhere else.
#pragma once

#include <variant>
#include <vector>

#include "core/event.h"

namespace yap::core {

// The user is a member with this role from `seq` on; a former ban is lifted. `joined` where the
// event is the joining itself: then joined_seq = seq and the read position starts at this event.
struct SetMember {
  Actor member;
  Role role = Role::kMember;
  Seq seq;
  std::uint64_t countable = 0;
  bool joined = false;
};
// The user is no member from `seq` on.
struct DropMember {
  UserId user;
  Seq seq;
  bool banned = false;
  std::string username;
};
struct SetChannel {
  std::optional<std::string> topic;
  std::optional<ChannelKind> kind;
};
// The reader's position in `channel` (another one than the event's) is now `seq`, if that is
// further.
struct SetRead {
  UserId user;
  ChannelId channel;
  Seq seq;
  std::uint64_t countable = 0;
};
using Projection = std::variant<SetMember, DropMember, SetChannel, SetRead>;

// What a store writes together with the event (or right after it, idempotently, in order of seq).
std::vector<Projection> ProjectionsOf(const Event& event);

// What follows from an event in the inbox of a user. Its key is derived from (channel, seq), so
// that replaying it after a crash stores it once.
struct Effect {
  UserId user;
  Body body;
  ClientKey key{};
};
// `channel_name` and `kind` are the channel's at that time. Empty for most events.
std::vector<Effect> EffectsOf(const Event& event, const std::string& channel_name,
                              ChannelKind kind);
// Whether EffectsOf(event) can be other than empty.
bool HasEffects(const Body& body);

}  // namespace yap::core
