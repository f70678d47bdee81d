// core/channels_impl.h: the Channels of channels.h. One .cc per topic: channels_create.cc,
// channels_members.cc, channels_messages.cc, channels_read.cc; what they share is in
// channels_impl.cc.
#pragma once

#include <memory>
#include <string>
#include <utility>

#include "core/channels.h"
#include "core/id_cache.h"
#include "core/inboxes.h"
#include "core/read_marks.h"
#include "core/sequencer_pool.h"

namespace yap::core {

class ChannelsImpl final : public Channels {
 public:
  ChannelsImpl(ChannelPorts ports, ChannelOptions options);

  Task<ChannelRecord> Create(Principal who, CreateChannelRequest request,
                             Deadline deadline) override;
  Task<JoinedView> OpenDirect(Principal who, UserRef other, ClientKey request_id,
                              Deadline deadline) override;
  Task<ChannelRecord> Get(Principal who, ChannelRef channel, Deadline deadline) override;
  Task<JoinedView> GetJoined(Principal who, ChannelRef channel, Deadline deadline) override;
  Task<MemberRecord> GetMember(Principal who, ChannelRef channel, UserRef user,
                               Deadline deadline) override;
  Task<Page<ChannelRecord>> ListPublic(std::string prefix, PageRequest page,
                                       Deadline deadline) override;
  Task<Page<JoinedView>> ListJoined(Principal who, PageRequest page, Deadline deadline) override;
  Task<Page<MemberRecord>> ListMembers(Principal who, ChannelRef channel, PageRequest page,
                                       Deadline deadline) override;

  Task<Written> Join(Principal who, ChannelRef channel, ClientKey request_id,
                     Deadline deadline) override;
  Task<Written> Leave(Principal who, ChannelRef channel, ClientKey request_id,
                      Deadline deadline) override;
  Task<Written> Invite(Principal who, ChannelRef channel, UserRef user, ClientKey request_id,
                       Deadline deadline) override;
  Task<Written> Remove(Principal who, ChannelRef channel, UserRef user, bool ban,
                       ClientKey request_id, Deadline deadline) override;
  Task<Written> SetRole(Principal who, ChannelRef channel, UserRef user, Role role,
                        ClientKey request_id, Deadline deadline) override;
  Task<Written> Update(Principal who, ChannelRef channel, std::optional<std::string> topic,
                       std::optional<ChannelKind> kind, ClientKey request_id,
                       Deadline deadline) override;

  Task<Written> Send(Principal who, SendRequest request, Deadline deadline) override;
  Task<EventPage> List(Principal who, ListRequest request, Deadline deadline) override;
  Task<ReadPosition> MarkRead(Principal who, ChannelRef channel, Seq seq,
                              Deadline deadline) override;
  Task<ReadGrant> AuthorizeRead(Principal who, ChannelRef channel, Deadline deadline) override;
  Task<ReadGrant> AuthorizeInbox(Principal who, Deadline deadline) override;

  Task<void> EnsureUserChannels(UserRecord user, Deadline deadline) override;
  Task<void> AppendToInbox(UserRecord user, Body body, ClientKey key, Deadline deadline) override;

  Task<void> RecordRevocations(std::vector<SessionId> sessions, Deadline deadline) override;

  Task<ChannelRecord> AdminGet(std::string name, Deadline deadline) override;
  Task<Written> AdminRemove(std::string channel, std::string user, bool ban,
                            Deadline deadline) override;
  Task<Written> AdminSetRole(std::string channel, std::string user, Role role,
                             Deadline deadline) override;

  Task<void> Recover(Deadline deadline) override;
  asio::awaitable<void> Drain() override;

 private:
  // --- Shared (channels_impl.cc) ---
  // A channel's id, without a look at whether it exists or may be known.
  Task<ChannelId> Resolve(ChannelRef ref, Deadline deadline);
  // The channel, without a look at who asks; CHANNEL_NOT_FOUND also for one not founded yet.
  Task<ChannelRecord> Find(ChannelRef ref, Deadline deadline);
  // The same for somebody: CHANNEL_NOT_FOUND, word for word, also for one they may not know of. Or,
  // with FindReadable, what keeps them from reading it.
  Task<ChannelRecord> FindVisible(UserId user, ChannelRef ref, Deadline deadline);
  Task<ChannelRecord> FindReadable(UserId user, ChannelRef ref, Deadline deadline);
  Task<ChannelAccess> FindAccess(UserId user, ChannelRef ref, Deadline deadline);
  Task<UserRecord> FindUser(UserRef ref, Deadline deadline);
  Task<bool> MayJoinMore(UserId user, Deadline deadline);
  // By the caller's role.
  Task<Written> Write(Principal who, ChannelRef ref, Action action, ClientKey key,
                      Deadline deadline);
  Task<Written> Submit(ChannelRef ref, Command command, Deadline deadline);

  // --- Creating (channels_create.cc) ---
  Task<ChannelRecord> Claim(ChannelRecord wanted, Principal who, Deadline deadline);
  Task<ChannelRecord> ClaimPaid(ChannelRecord wanted, Principal who, Deadline deadline);
  Task<void> Found(Principal who, ChannelId channel, FoundChannel found, Deadline deadline);
  Task<void> CheckMayCreate(Principal who, std::string name, ClientKey request_id,
                            Deadline deadline);
  Task<ChannelId> MakeDirect(Principal who, UserRecord other, ClientKey request_id,
                             Deadline deadline);
  Task<ChannelId> EnsureLobby(Deadline deadline);
  Task<void> JoinLobby(UserRecord user, Deadline deadline);
  Task<void> ReplayEffects(Deadline deadline);

  // --- Reading (channels_read.cc, channels_messages.cc) ---
  JoinedView ViewOf(UserId user, JoinedRecord joined) const;
  Task<JoinedView> JoinedOf(UserId user, ChannelId channel, Deadline deadline);
  Task<EventPtr> EventAt(ChannelId channel, Seq seq, Deadline deadline);
  Task<std::uint64_t> CountableAt(ChannelId channel, Head head, Seq seq, Deadline deadline);
  Task<EventPage> ReadUpTo(ChannelId channel, Seq last, std::size_t limit, Deadline deadline);
  Task<EventPage> ReadAround(ChannelId channel, Seq seq, std::size_t limit, Deadline deadline);
  Task<EventPage> ReadAt(ChannelId channel, ListRequest request, Deadline deadline);

  const ChannelPorts ports_;
  const ChannelOptions options_;
  SequencerPool pool_;
  Inboxes inboxes_;
  const std::shared_ptr<ReadMarks> marks_;
  IdCache<std::string, ChannelId> names_{kNameCacheMax};
};

// CHANNEL_NOT_FOUND tells the channel as the caller named it, so that it tells nothing new.
Error Named(Error error, const ChannelRef& ref);
// CHANNEL_NOT_FOUND, where a user may not know of the channel.
Result<> CheckVisible(const ChannelAccess& access, UserId user, const ChannelRef& ref);
// Why a user who may know of it may not read it.
Result<> CheckReadable(const ChannelAccess& access);
// Countable events that the reader has not seen.
std::uint64_t UnreadOf(const Head& head, std::uint64_t read_countable);
// How many rows a request gets.
std::size_t PageSizeOf(std::size_t asked);
// The topic as it is stored. Errors: those of unicode/text_rules.h, in the field "topic".
Result<std::string> CheckTopic(const std::string& topic);
// What people may make a channel. Errors: InvalidArgument "FIELD_INVALID".
Result<> CheckVisibility(ChannelKind kind);

}  // namespace yap::core
