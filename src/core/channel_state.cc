#include "core/channel_state.h"

#include <algorithm>

#include "base/check.h"
#include "core/limits.h"

namespace yap::core {

ChannelState::ChannelState(ChannelSnapshot snapshot)
    : id_(snapshot.channel.id),
      name_(std::move(snapshot.channel.name)),
      creator_(snapshot.channel.creator),
      kind_(snapshot.channel.kind),
      topic_(std::move(snapshot.channel.topic)),
      head_(snapshot.channel.head) {
  members_.reserve(snapshot.members.size());
  for (auto& m : snapshot.members) {
    Put(m.user, Member{std::move(m.username), m.role, m.banned, m.joined_seq});
  }
}

const Member* ChannelState::Find(UserId user) const {
  const auto it = members_.find(user);
  return it == members_.end() ? nullptr : &it->second;
}

Role ChannelState::RoleOf(UserId user) const {
  const auto* member = Find(user);
  return member == nullptr ? Role::kNone : member->role;
}

bool ChannelState::IsBanned(UserId user) const {
  const auto* member = Find(user);
  return member != nullptr && member->banned;
}

ChannelState::Change ChannelState::Fold(const Event& event) {
  YAP_CHECK(event.seq == head_.seq.Next(), "an event that does not follow the head");
  Change change{head_, kind_, std::nullopt, {}};
  for (const auto& projection : ProjectionsOf(event)) {
    std::visit([&](const auto& p) { Apply(p, change); }, projection);
  }
  head_ = {event.seq, event.epoch, event.countable, event.time};
  return change;
}

void ChannelState::Revert(Change change) {
  head_ = change.head;
  kind_ = change.kind;
  if (change.topic) topic_ = std::move(*change.topic);
  for (auto it = change.members.rbegin(); it != change.members.rend(); ++it) {
    Put(it->first, std::move(it->second));
  }
}

void ChannelState::Apply(const SetMember& p, Change& change) {
  const auto* old = Find(p.member.user);
  change.members.emplace_back(p.member.user, old ? std::optional(*old) : std::nullopt);
  const Seq joined = p.joined || old == nullptr ? p.seq : old->joined_seq;
  Put(p.member.user, Member{p.member.username, p.role, false, joined});
}

void ChannelState::Apply(const DropMember& p, Change& change) {
  const auto* old = Find(p.user);
  change.members.emplace_back(p.user, old ? std::optional(*old) : std::nullopt);
  const Seq joined = old ? old->joined_seq : Seq();
  Put(p.user, Member{p.username, Role::kNone, p.banned, joined});
}

void ChannelState::Apply(const SetChannel& p, Change& change) {
  if (p.topic) change.topic = std::exchange(topic_, *p.topic);
  if (p.kind) kind_ = *p.kind;
}

// Who neither is in the channel nor banned from it is forgotten: the map holds what rules ask for.
void ChannelState::Put(UserId user, std::optional<Member> member) {
  const Role before = RoleOf(user);
  const Role after = member ? member->role : Role::kNone;
  member_count_ += static_cast<std::size_t>(after != Role::kNone);
  member_count_ -= static_cast<std::size_t>(before != Role::kNone);
  owner_count_ += static_cast<std::size_t>(after == Role::kOwner);
  owner_count_ -= static_cast<std::size_t>(before == Role::kOwner);
  if (after == Role::kNone && !(member && member->banned)) {
    members_.erase(user);
  } else {
    members_.insert_or_assign(user, std::move(*member));
  }
}

WallTime ShownTime(WallTime now, WallTime previous) {
  return std::min(std::max(now, previous), now + kTimeAheadMax);
}

}  // namespace yap::core
