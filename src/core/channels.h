// core/channels.h: channels, their members and roles, and what is said in them. Thread-safe; calls
// may be made from any executor and resume there. Every write goes through the channel's sequencer
// (core/sequencer.h), which judges it against the state it will be written on. Reasons are those of
// core/reasons.h. A private channel that is not the caller's is NotFound "CHANNEL_NOT_FOUND".
#pragma once

#include <asio/any_io_executor.hpp>
#include <memory>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "base/random.h"
#include "base/task.h"
#include "core/directory.h"
#include "core/event_bus.h"
#include "core/event_log.h"
#include "core/limits.h"
#include "core/principal.h"

namespace yap::core {

// What every write answers: where its event is. A repeated request answers the same.
struct Written {
  ChannelId channel;
  Seq seq;
  WallTime time;
  Epoch epoch;
  bool already =
      false;  // It was so before: nothing was written now, and `seq` is when it became so.
};

struct SendRequest {
  ChannelRef channel;
  std::string text;
  Seq reply_to;
  ClientKey key{};            // Required.
  std::uint32_t attempt = 1;  // Above 1 the key is looked up before any rule.
  Seq first_attempt_head;     // The head the client knew before attempt 1; 0: unknown.
};

struct Before {
  Seq seq;
};  // The newest ones with seq < this; 0: the newest of all.
struct After {
  Seq seq;
};
struct Around {
  Seq seq;
};
struct ListRequest {
  ChannelRef channel;
  std::variant<Before, After, Around> position;
  std::size_t limit = kPageSizeDefault;
};

// A reader's right to a channel, as of a linearizable head.
struct ReadGrant {
  ChannelId channel;
  ChannelKind kind = ChannelKind::kPublic;
  Head head;
  Role role = Role::kNone;
};

struct CreateChannelRequest {
  std::string name;
  std::string topic;
  ChannelKind kind = ChannelKind::kPublic;  // Public or private.
  ClientKey request_id{};
};

struct JoinedView {
  JoinedRecord joined;
  std::uint64_t unread = 0;
};

struct ReadPosition {
  Seq seq;
  std::uint64_t unread = 0;
};

template <class T>
struct Page {
  std::vector<T> items;
  std::string next_page_token;  // Empty: the end.
};
struct PageRequest {
  std::size_t size = kPageSizeDefault;  // Capped at kPageSizeMax.
  std::string token;                    // Errors: InvalidArgument "PAGE_TOKEN_INVALID".
};

class Channels {
 public:
  virtual ~Channels() = default;

  virtual Task<ChannelRecord> Create(Principal who, CreateChannelRequest request,
                                     Deadline deadline) = 0;
  // The direct channel of two users; the same one whoever asks, however often.
  virtual Task<JoinedView> OpenDirect(Principal who, UserRef other, ClientKey request_id,
                                      Deadline deadline) = 0;
  virtual Task<ChannelRecord> Get(Principal who, ChannelRef channel, Deadline deadline) = 0;
  // The caller's own view of a channel it is in; NotFound "CHANNEL_NOT_FOUND" where it is not.
  virtual Task<JoinedView> GetJoined(Principal who, ChannelRef channel, Deadline deadline) = 0;
  // One member, as members see each other; role kNone for who is none. Members only.
  virtual Task<MemberRecord> GetMember(Principal who, ChannelRef channel, UserRef user,
                                       Deadline deadline) = 0;
  virtual Task<Page<ChannelRecord>> ListPublic(std::string prefix, PageRequest page,
                                               Deadline deadline) = 0;
  virtual Task<Page<JoinedView>> ListJoined(Principal who, PageRequest page, Deadline deadline) = 0;
  virtual Task<Page<MemberRecord>> ListMembers(Principal who, ChannelRef channel, PageRequest page,
                                               Deadline deadline) = 0;

  // Joining a channel one is in already answers where one joined.
  virtual Task<Written> Join(Principal who, ChannelRef channel, ClientKey request_id,
                             Deadline deadline) = 0;
  virtual Task<Written> Leave(Principal who, ChannelRef channel, ClientKey request_id,
                              Deadline deadline) = 0;
  // Adds the user; moderators and owners, members too in public channels. Lifts a ban.
  virtual Task<Written> Invite(Principal who, ChannelRef channel, UserRef user,
                               ClientKey request_id, Deadline deadline) = 0;
  // Moderators remove members, owners everybody but the last owner.
  virtual Task<Written> Remove(Principal who, ChannelRef channel, UserRef user, bool ban,
                               ClientKey request_id, Deadline deadline) = 0;
  virtual Task<Written> SetRole(Principal who, ChannelRef channel, UserRef user, Role role,
                                ClientKey request_id, Deadline deadline) = 0;
  // Topic: moderators. Kind (public or private): owners.
  virtual Task<Written> Update(Principal who, ChannelRef channel, std::optional<std::string> topic,
                               std::optional<ChannelKind> kind, ClientKey request_id,
                               Deadline deadline) = 0;

  virtual Task<Written> Send(Principal who, SendRequest request, Deadline deadline) = 0;
  virtual Task<EventPage> List(Principal who, ListRequest request, Deadline deadline) = 0;
  // Moves the reader's position forward, never back; at most one event per kReadMovedInterval and
  // channel, the newest wins. Answers the position that holds.
  virtual Task<ReadPosition> MarkRead(Principal who, ChannelRef channel, Seq seq,
                                      Deadline deadline) = 0;

  // May `who` read, and up to where does the log go? Members only; an inbox: its user only.
  virtual Task<ReadGrant> AuthorizeRead(Principal who, ChannelRef channel, Deadline deadline) = 0;
  virtual Task<ReadGrant> AuthorizeInbox(Principal who, Deadline deadline) = 0;

  // For Accounts. Idempotent: makes what is missing of the user's inbox and lobby membership.
  virtual Task<void> EnsureUserChannels(UserRecord user, Deadline deadline) = 0;
  virtual Task<void> AppendToInbox(UserRecord user, Body body, ClientKey key,
                                   Deadline deadline) = 0;

  // For Accounts, where streams live in other processes: enters the sessions into the system log
  // (core/revocations.h), which exists; again each time it is asked to.
  virtual Task<void> RecordRevocations(std::vector<SessionId> sessions, Deadline deadline) = 0;

  // For the operator: as the server itself, without roles.
  virtual Task<ChannelRecord> AdminGet(std::string name, Deadline deadline) = 0;
  virtual Task<Written> AdminRemove(std::string channel, std::string user, bool ban,
                                    Deadline deadline) = 0;
  virtual Task<Written> AdminSetRole(std::string channel, std::string user, Role role,
                                     Deadline deadline) = 0;

  // Makes the lobby if there is none, and replays effects that a crash left undone. At start.
  virtual Task<void> Recover(Deadline deadline) = 0;
  // Refuses new writes (Unavailable "SHUTTING_DOWN") and returns when those under way are answered.
  virtual asio::awaitable<void> Drain() = 0;
};

struct RateLimits {
  double user_sends_per_second = kUserSendsPerSecond;
  double user_send_burst = kUserSendBurst;
  double channel_sends_per_second = kChannelSendsPerSecond;
  double channel_send_burst = kChannelSendBurst;
};
struct ChannelOptions {
  RateLimits rates;
  std::size_t members_max = kChannelMembersMax;
  std::size_t active_channels_max = kActiveChannelsMax;
  std::string lobby =
      "lobby";  // Public, made at first start, joined by every new user. Empty: none.
};

// What Channels needs from outside. Everything outlives it. A channel's sequencer runs on
// executors[hash of its id % size], one thread each.
struct ChannelPorts {
  EventLog& log;
  ChannelStore& channels;
  UserStore& users;
  EventBus& bus;
  Clock& clock;
  Random& random;
  std::vector<asio::any_io_executor> executors;
};
std::unique_ptr<Channels> NewChannels(ChannelPorts ports, ChannelOptions options);

}  // namespace yap::core
