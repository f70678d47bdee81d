// store/memory/memory_log.h: channels, their logs and their projections in plain containers; the
// rules of the contract without threads or coroutines.
#pragma once

#include <map>
#include <set>

#include "core/projection.h"
#include "store/store.h"

namespace yap::store {

// One thread at a time. Each method is the port's of the same name, without its deadline.
class MemoryLog {
 public:
  explicit MemoryLog(core::Epoch epoch) : epoch_(epoch) {}

  Result<std::vector<core::Appended>> Append(core::ChannelId channel,
                                             const std::vector<core::Draft>& drafts,
                                             core::Seq expected_head);
  core::EventPage Read(core::ChannelId channel, core::Seq after, std::size_t limit) const;
  core::Head ReadHead(core::ChannelId channel) const;
  std::optional<core::KeyMatch> FindKey(core::ChannelId channel, core::UserId user,
                                        core::ClientKey key) const;

  Result<core::ChannelCreation> CreateChannel(core::ChannelRecord channel);
  Result<core::ChannelRecord> GetChannel(core::ChannelId id) const;
  Result<core::ChannelRecord> FindChannel(const std::string& name) const;
  std::vector<core::ChannelRecord> ListPublic(const std::string& prefix,
                                              const std::string& after_name,
                                              std::size_t limit) const;
  std::vector<core::JoinedRecord> ListJoined(core::UserId user, core::ChannelId after,
                                             std::size_t limit) const;
  std::vector<core::MemberRecord> ListMembers(core::ChannelId channel,
                                              const std::string& after_name,
                                              std::size_t limit) const;
  core::MemberRecord GetMember(core::ChannelId channel, core::UserId user) const;
  Result<core::ChannelSnapshot> LoadChannel(core::ChannelId channel) const;
  std::vector<core::ChannelId> ListPendingEffects(std::size_t limit) const;
  Result<> MarkEffectsDone(core::ChannelId channel, core::Seq seq);

 private:
  struct Stored {
    core::EventPtr event;
    Digest fingerprint{};
    std::size_t bytes = 0;
  };
  struct Member {
    core::MemberRecord record;
    core::Seq read_seq;
    std::uint64_t read_countable = 0;
  };
  using Key = std::pair<core::UserId, core::ClientKey>;
  struct Channel {
    core::ChannelRecord record;
    std::vector<Stored> log;        // Seq n is at n - 1.
    std::map<Key, core::Seq> keys;  // Of the drafts that had one.
    std::map<core::UserId, Member> members;
  };

  const Channel* Find(core::ChannelId id) const;
  static core::Appended Known(const Stored& stored, const Digest& fingerprint);
  core::Appended AppendOne(Channel& channel, const core::Draft& draft);
  core::EventPtr Put(Channel& channel, const core::Draft& draft) const;
  void Project(Channel& channel, const core::Event& event);
  void Apply(Channel& channel, const core::SetMember& p);
  void Apply(Channel& channel, const core::DropMember& p);
  void Apply(Channel& channel, const core::SetChannel& p);
  void Apply(Channel& channel, const core::SetRead& p);
  core::JoinedRecord Joined(const Channel& channel, const Member& member) const;

  const core::Epoch epoch_;

  std::map<core::ChannelId, Channel> channels_;
  std::map<std::string, core::ChannelId> by_name_;
  std::map<core::UserId, std::set<core::ChannelId>> joined_;
};

}  // namespace yap::store
