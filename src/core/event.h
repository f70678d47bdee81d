// core/event.h: what happens in a channel. Everything a client must learn is one of these, in a log
// on which it has a cursor. Events never change once stored; an edit is a new event.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "base/clock.h"
#include "core/ids.h"

namespace yap::core {

enum class ChannelKind : std::uint8_t { kPublic = 1, kPrivate = 2, kDirect = 3, kInbox = 4 };

// Ordered: a higher role may do all that a lower one may. kNone is "not a member".
enum class Role : std::uint8_t { kNone = 0, kMember = 1, kModerator = 2, kOwner = 3 };

// A user as it was named when the event happened.
struct Actor {
  UserId user;
  std::string username;
  friend bool operator==(const Actor&, const Actor&) = default;
};

// In channels. Numbers 2 to 4 of the stored encoding are kept for edits, deletions and reactions.
struct MessagePosted {
  std::string text;
  Seq reply_to;  // 0: not a reply.
  friend bool operator==(const MessagePosted&, const MessagePosted&) = default;
};
struct MemberJoined {
  Actor member;
  Role role = Role::kMember;
  friend bool operator==(const MemberJoined&, const MemberJoined&) = default;
};
struct MemberLeft {
  Actor member;
  friend bool operator==(const MemberLeft&, const MemberLeft&) = default;
};
struct MemberRemoved {
  Actor member;
  bool banned = false;
  friend bool operator==(const MemberRemoved&, const MemberRemoved&) = default;
};
struct MemberRoleChanged {
  Actor member;
  Role role = Role::kMember;
  friend bool operator==(const MemberRoleChanged&, const MemberRoleChanged&) = default;
};
struct ChannelCreated {
  ChannelKind kind = ChannelKind::kPublic;
  std::string name;
  std::string topic;
  friend bool operator==(const ChannelCreated&, const ChannelCreated&) = default;
};
struct ChannelChanged {
  std::optional<std::string> topic;
  std::optional<ChannelKind> kind;  // Public or private.
  friend bool operator==(const ChannelChanged&, const ChannelChanged&) = default;
};

// In a user's inbox channel, whose only reader is the user.
struct AddedToChannel {
  ChannelId channel;
  std::string channel_name;
  ChannelKind kind = ChannelKind::kPublic;
  Seq join_seq;
  friend bool operator==(const AddedToChannel&, const AddedToChannel&) = default;
};
enum class RemovalCause : std::uint8_t { kLeft = 1, kRemoved = 2, kBanned = 3 };
struct RemovedFromChannel {
  ChannelId channel;
  std::string channel_name;
  Seq seq;
  RemovalCause cause = RemovalCause::kLeft;
  friend bool operator==(const RemovedFromChannel&, const RemovedFromChannel&) = default;
};
struct ReadMoved {
  ChannelId channel;
  Seq seq;
  std::uint64_t countable = 0;  // Countable events up to and including `seq`.
  friend bool operator==(const ReadMoved&, const ReadMoved&) = default;
};
struct SessionRevoked {
  SessionId session;
  friend bool operator==(const SessionRevoked&, const SessionRevoked&) = default;
};

using Body = std::variant<MessagePosted, MemberJoined, MemberLeft, MemberRemoved, MemberRoleChanged,
                          ChannelCreated, ChannelChanged, AddedToChannel, RemovedFromChannel,
                          ReadMoved, SessionRevoked>;

// Whether the event counts as something unread. Unread = a difference of two `Event::countable`.
inline bool IsCountable(const Body& body) { return std::holds_alternative<MessagePosted>(body); }

struct Event {
  ChannelId channel;
  Seq seq;
  Epoch epoch;
  // For people: ShownTime (channel_state.h) of the clock, so it decreases within a channel only
  // where the clock was once far ahead. Order is `seq` alone.
  WallTime time;
  Actor actor;                  // Who did it; user 0 is the server.
  ClientKey key{};              // The actor's name for this write.
  std::uint64_t countable = 0;  // Countable events of the channel up to and including this one.
  Body body;
  friend bool operator==(const Event&, const Event&) = default;
};

// Immutable once shared.
using EventPtr = std::shared_ptr<const Event>;

}  // namespace yap::core
