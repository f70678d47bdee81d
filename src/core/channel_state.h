// core/channel_state.h: what the rules must know of one channel, folded from its log. Pure; no
// thread of its own.
#pragma once

#include <optional>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "core/directory.h"
#include "core/event.h"
#include "core/projection.h"

namespace yap::core {

// Somebody who is, or was, in the channel, or is banned from it.
struct Member {
  std::string username;
  Role role = Role::kNone;
  bool banned = false;
  Seq joined_seq;
  friend bool operator==(const Member&, const Member&) = default;
};

class ChannelState {
 public:
  // What Fold changed, as it was before.
  struct Change {
    Head head;
    ChannelKind kind = ChannelKind::kPublic;
    std::optional<std::string> topic;
    std::vector<std::pair<UserId, std::optional<Member>>> members;
  };

  explicit ChannelState(ChannelSnapshot snapshot);

  ChannelId id() const { return id_; }
  ChannelKind kind() const { return kind_; }
  const std::string& name() const { return name_; }
  const std::string& topic() const { return topic_; }
  UserId creator() const { return creator_; }
  const Head& head() const { return head_; }
  std::size_t member_count() const { return member_count_; }
  std::size_t owner_count() const { return owner_count_; }

  // Null for somebody the channel never heard of.
  const Member* Find(UserId user) const;
  Role RoleOf(UserId user) const;
  bool IsBanned(UserId user) const;

  // Makes `event` part of the state. Reverting the answers of several calls, the last one first,
  // gives the state from before them. REQUIRES: event.seq == head().seq + 1.
  Change Fold(const Event& event);
  void Revert(Change change);

 private:
  void Apply(const SetMember& p, Change& change);
  void Apply(const DropMember& p, Change& change);
  void Apply(const SetChannel& p, Change& change);
  void Apply(const SetRead&, Change&) {}  // Of another channel.
  void Put(UserId user, std::optional<Member> member);

  ChannelId id_;
  std::string name_;
  UserId creator_;

  ChannelKind kind_;
  std::string topic_;
  Head head_;
  std::unordered_map<UserId, Member> members_;
  std::size_t member_count_ = 0;
  std::size_t owner_count_ = 0;
};

// The time an event is shown with: never before the one before it, so that a clock stepped back
// does not turn a conversation around, but at most kTimeAheadMax ahead of `now`, so that a clock
// that was once far ahead does not stamp the channel for good.
WallTime ShownTime(WallTime now, WallTime previous);

}  // namespace yap::core
