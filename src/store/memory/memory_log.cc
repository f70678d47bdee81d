#include "store/memory/memory_log.h"

#include <algorithm>
#include <utility>

#include "core/event_codec.h"
#include "core/limits.h"
#include "store/errors.h"

namespace yap::store {

using namespace core;  // NOLINT: an adapter of core's ports speaks of nothing else.

const MemoryLog::Channel* MemoryLog::Find(ChannelId id) const {
  const auto it = channels_.find(id);
  return it == channels_.end() ? nullptr : &it->second;
}

// --- The log ---

Appended MemoryLog::Known(const Stored& stored, const Digest& fingerprint) {
  const auto outcome = stored.fingerprint == fingerprint ? Appended::Outcome::kDuplicate
                                                         : Appended::Outcome::kKeyReused;
  return {outcome, stored.event->seq, stored.event->time, stored.event->countable};
}

EventPtr MemoryLog::Put(Channel& channel, const Draft& draft) const {
  Head& head = channel.record.head;
  head.seq = head.seq.Next();
  head.time = draft.time;
  head.countable += IsCountable(draft.body) ? 1 : 0;
  auto event =
      std::make_shared<const Event>(Event{channel.record.id, head.seq, epoch_, draft.time,
                                          draft.actor, draft.key, head.countable, draft.body});
  channel.log.push_back({event, draft.fingerprint, EncodeBody(draft.body).size()});
  if (!IsNone(draft.key)) channel.keys.emplace(Key(draft.actor.user, draft.key), head.seq);
  return event;
}

Appended MemoryLog::AppendOne(Channel& channel, const Draft& draft) {
  if (const auto it = channel.keys.find({draft.actor.user, draft.key}); it != channel.keys.end()) {
    return Known(channel.log[it->second.value - 1], draft.fingerprint);
  }
  const EventPtr event = Put(channel, draft);
  Project(channel, *event);
  return {Appended::Outcome::kStored, event->seq, event->time, event->countable};
}

Result<std::vector<Appended>> MemoryLog::Append(ChannelId id, const std::vector<Draft>& drafts,
                                                Seq expected_head) {
  const auto it = channels_.find(id);
  if (it == channels_.end()) return ChannelNotFound();
  Channel& channel = it->second;
  // What is stored already is answered as such, wherever the head is by now.
  const bool all_known = std::ranges::all_of(drafts, [&](const Draft& draft) {
    return channel.keys.contains({draft.actor.user, draft.key});
  });
  if (!all_known && channel.record.head.seq != expected_head) {
    return HeadMoved(channel.record.head.seq);
  }
  std::vector<Appended> out;
  for (const Draft& draft : drafts) out.push_back(AppendOne(channel, draft));
  return out;
}

EventPage MemoryLog::Read(ChannelId id, Seq after, std::size_t limit) const {
  EventPage page{.events = {}, .head = ReadHead(id), .first_available = Seq(1)};
  const Channel* channel = Find(id);
  if (channel == nullptr) return page;
  std::size_t bytes = 0;
  for (std::size_t i = after.value; i < channel->log.size() && page.events.size() < limit; ++i) {
    if (bytes >= kReadPageBytesMax) break;
    page.events.push_back(channel->log[i].event);
    bytes += channel->log[i].bytes;
  }
  return page;
}

Head MemoryLog::ReadHead(ChannelId id) const {
  const Channel* channel = Find(id);
  return channel == nullptr ? Head{.seq = {}, .epoch = epoch_, .countable = 0, .time = {}}
                            : channel->record.head;
}

std::optional<KeyMatch> MemoryLog::FindKey(ChannelId id, UserId user, ClientKey key) const {
  const Channel* channel = Find(id);
  if (channel == nullptr) return std::nullopt;
  const auto it = channel->keys.find({user, key});
  if (it == channel->keys.end()) return std::nullopt;
  const Stored& stored = channel->log[it->second.value - 1];
  return KeyMatch{it->second, stored.event->time, epoch_, stored.fingerprint};
}

// --- Projections ---

void MemoryLog::Project(Channel& channel, const Event& event) {
  for (const Projection& projection : ProjectionsOf(event)) {
    std::visit([&](const auto& p) { Apply(channel, p); }, projection);
  }
  if (HasEffects(event.body)) channel.record.effects_last = event.seq;
}

void MemoryLog::Apply(Channel& channel, const SetMember& p) {
  Member& member = channel.members[p.member.user];
  if (member.record.role == Role::kNone) ++channel.record.member_count;
  const bool starts = p.joined || member.record.joined_seq == Seq();
  member.record.user = p.member.user;
  member.record.username = p.member.username;
  member.record.role = p.role;
  member.record.banned = false;
  joined_[p.member.user].insert(channel.record.id);
  if (!starts) return;
  member.record.joined_seq = p.seq;
  member.read_seq = p.seq;
  member.read_countable = p.countable;
}

void MemoryLog::Apply(Channel& channel, const DropMember& p) {
  const auto it = channel.members.find(p.user);
  if (it != channel.members.end() && it->second.record.role != Role::kNone) {
    --channel.record.member_count;
  }
  if (it != channel.members.end()) channel.members.erase(it);
  joined_[p.user].erase(channel.record.id);
  if (!p.banned) return;
  channel.members[p.user].record = {p.user, p.username, Role::kNone, true, Seq()};
}

void MemoryLog::Apply(Channel& channel, const SetChannel& p) {
  if (p.topic) channel.record.topic = *p.topic;
  if (p.kind) channel.record.kind = *p.kind;
}

void MemoryLog::Apply(Channel&, const SetRead& p) {
  const auto channel = channels_.find(p.channel);
  if (channel == channels_.end()) return;
  const auto it = channel->second.members.find(p.user);
  if (it == channel->second.members.end() || it->second.record.role == Role::kNone) return;
  if (p.seq <= it->second.read_seq) return;
  it->second.read_seq = p.seq;
  it->second.read_countable = p.countable;
}

// --- Channels ---

Result<ChannelCreation> MemoryLog::CreateChannel(ChannelRecord record) {
  if (const auto it = by_name_.find(record.name); it != by_name_.end()) {
    return ChannelCreation{.created = false, .channel = channels_.at(it->second).record};
  }
  if (channels_.contains(record.id)) return IdTaken("channel");
  record.member_count = 0;
  record.head = Head{.seq = {}, .epoch = epoch_, .countable = 0, .time = {}};
  record.effects_done = record.effects_last = Seq();
  by_name_.emplace(record.name, record.id);
  channels_[record.id].record = record;
  return ChannelCreation{.created = true, .channel = std::move(record)};
}

Result<ChannelRecord> MemoryLog::GetChannel(ChannelId id) const {
  const Channel* channel = Find(id);
  if (channel == nullptr) return ChannelNotFound();
  return channel->record;
}

Result<ChannelRecord> MemoryLog::FindChannel(const std::string& name) const {
  const auto it = by_name_.find(name);
  if (it == by_name_.end()) return ChannelNotFound();
  return channels_.at(it->second).record;
}

std::vector<ChannelRecord> MemoryLog::ListPublic(const std::string& prefix,
                                                 const std::string& after_name,
                                                 std::size_t limit) const {
  std::vector<ChannelRecord> out;
  auto it = after_name < prefix ? by_name_.lower_bound(prefix) : by_name_.upper_bound(after_name);
  for (; it != by_name_.end() && it->first.starts_with(prefix) && out.size() < limit; ++it) {
    const ChannelRecord& record = channels_.at(it->second).record;
    if (record.kind == ChannelKind::kPublic && record.head.seq != Seq()) out.push_back(record);
  }
  return out;
}

JoinedRecord MemoryLog::Joined(const Channel& channel, const Member& member) const {
  JoinedRecord joined{.channel = channel.record,
                      .role = member.record.role,
                      .joined_seq = member.record.joined_seq,
                      .read_seq = member.read_seq,
                      .read_countable = member.read_countable,
                      .peer = {}};
  if (channel.record.kind != ChannelKind::kDirect) return joined;
  for (const auto& [user, other] : channel.members) {
    if (user == member.record.user) continue;
    joined.peer = {user, other.record.username};
    break;
  }
  return joined;
}

std::vector<JoinedRecord> MemoryLog::ListJoined(UserId user, ChannelId after,
                                                std::size_t limit) const {
  std::vector<JoinedRecord> out;
  const auto mine = joined_.find(user);
  if (mine == joined_.end()) return out;
  for (auto it = mine->second.upper_bound(after); it != mine->second.end(); ++it) {
    if (out.size() == limit) break;
    const Channel& channel = channels_.at(*it);
    if (channel.record.kind == ChannelKind::kInbox) continue;
    out.push_back(Joined(channel, channel.members.at(user)));
  }
  return out;
}

std::vector<MemberRecord> MemoryLog::ListMembers(ChannelId id, const std::string& after_name,
                                                 std::size_t limit) const {
  std::vector<MemberRecord> out;
  const Channel* channel = Find(id);
  if (channel == nullptr) return out;
  for (const auto& [user, member] : channel->members) {
    if (member.record.role == Role::kNone || member.record.username <= after_name) continue;
    out.push_back(member.record);
  }
  std::ranges::sort(out, {}, &MemberRecord::username);
  if (out.size() > limit) out.resize(limit);
  return out;
}

MemberRecord MemoryLog::GetMember(ChannelId id, UserId user) const {
  const Channel* channel = Find(id);
  if (channel != nullptr) {
    const auto it = channel->members.find(user);
    if (it != channel->members.end()) return it->second.record;
  }
  MemberRecord stranger;
  stranger.user = user;
  return stranger;
}

Result<ChannelSnapshot> MemoryLog::LoadChannel(ChannelId id) const {
  const Channel* channel = Find(id);
  if (channel == nullptr) return ChannelNotFound();
  ChannelSnapshot snapshot{.channel = channel->record, .members = {}};
  for (const auto& [user, member] : channel->members) snapshot.members.push_back(member.record);
  return snapshot;
}

std::vector<ChannelId> MemoryLog::ListPendingEffects(std::size_t limit) const {
  std::vector<ChannelId> out;
  for (const auto& [id, channel] : channels_) {
    if (out.size() == limit) break;
    if (channel.record.effects_done < channel.record.effects_last) out.push_back(id);
  }
  return out;
}

Result<> MemoryLog::MarkEffectsDone(ChannelId id, Seq seq) {
  const auto it = channels_.find(id);
  if (it == channels_.end()) return ChannelNotFound();
  ChannelRecord& record = it->second.record;
  record.effects_done = std::max(record.effects_done, seq);
  return {};
}

}  // namespace yap::store
