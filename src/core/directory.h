// core/directory.h: the ports to what is not a log: users, sessions, channels and their members.
// Thread-safe. Every adapter passes store/directory_contract_test.cc. Errors beside the named ones:
// Unavailable, DeadlineExceeded (unknown whether done), ResourceExhausted "STORE_FULL" (not done).
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/task.h"
#include "core/event.h"
#include "core/event_log.h"
#include "crypto/hash.h"

namespace yap::core {

struct UserRecord {
  UserId id;
  std::string name;
  std::string display_name;
  std::string password_hash;  // As PasswordHasher encodes it. Empty: no password works.
  ChannelId inbox;
  WallTime create_time;
  ClientKey request_id{};  // Of the registration, so that it can be repeated.
  bool admin = false;
  bool locked = false;
  std::uint64_t version = 1;
};

// A code that lets people register where registration is by invitation.
struct InviteRecord {
  Digest code_hash{};
  UserId creator;  // 0: the operator.
  WallTime create_time;
  WallTime expire_time;
  std::uint32_t uses_left = 1;
};

class UserStore {
 public:
  virtual ~UserStore() = default;
  // The name decides: AlreadyExists "NAME_TAKEN", also for a name whose user was deleted.
  virtual Task<void> CreateUser(UserRecord user, Deadline deadline) = 0;
  virtual Task<UserRecord> GetUser(UserId id, Deadline deadline) = 0;  // NotFound "USER_NOT_FOUND".
  virtual Task<UserRecord> FindUser(std::string name, Deadline deadline) = 0;  // NotFound.
  // Replaces the record whose version is `user.version` and raises the version by one; name, id,
  // inbox and times stay. Conflict "VERSION_MOVED", NotFound.
  virtual Task<void> UpdateUser(UserRecord user, Deadline deadline) = 0;
  // By name, ascending, those after `after_name`.
  virtual Task<std::vector<UserRecord>> ListUsers(std::string after_name, std::size_t limit,
                                                  Deadline deadline) = 0;
  virtual Task<void> CreateInvite(InviteRecord invite, Deadline deadline) = 0;
  // Takes one use. NotFound "INVITE_INVALID": unknown, used up or expired.
  virtual Task<void> UseInvite(Digest code_hash, WallTime now, Deadline deadline) = 0;
  // Gives one use back: what it was taken for did not happen. An unknown code is no error.
  virtual Task<void> ReturnInvite(Digest code_hash, Deadline deadline) = 0;
  // The code is good for nothing any more. NotFound "INVITE_INVALID": unknown or used up.
  virtual Task<void> WithdrawInvite(Digest code_hash, Deadline deadline) = 0;
  virtual Task<std::vector<InviteRecord>> ListInvites(Deadline deadline) = 0;
};

// One login on one device: a family of refresh tokens.
struct SessionRecord {
  SessionId id;
  UserId user;
  std::string device_name;
  std::string address;  // Where it was last used from; for people.
  WallTime create_time;
  WallTime last_used_time;
  std::uint64_t counter = 1;  // Number of the newest refresh token of the family.
};
struct AccessRecord {
  Digest token_hash{};
  SessionId session;
  UserId user;
  WallTime expire_time;
};

class SessionStore {
 public:
  virtual ~SessionStore() = default;
  // Ends the user's oldest sessions beyond `per_user_max`; answers their ids.
  virtual Task<std::vector<SessionId>> CreateSession(SessionRecord session,
                                                     std::size_t per_user_max,
                                                     Deadline deadline) = 0;
  virtual Task<SessionRecord> GetSession(SessionId id, Deadline deadline) = 0;  // NotFound.
  // Compare-and-set: counter `expected` → expected + 1, with the new time and address.
  // Conflict "COUNTER_MOVED", NotFound.
  virtual Task<void> AdvanceSession(SessionId id, std::uint64_t expected, WallTime used,
                                    std::string address, Deadline deadline) = 0;
  virtual Task<std::vector<SessionRecord>> ListSessions(UserId user, Deadline deadline) = 0;
  // With their access tokens. What is not there is no error.
  virtual Task<void> DeleteSessions(std::vector<SessionId> ids, Deadline deadline) = 0;
  // Of a session, kAccessTokensPerSessionMax tokens at least are kept: this one, and of the others
  // those that expire last.
  virtual Task<void> PutAccess(AccessRecord access, Deadline deadline) = 0;
  // NotFound: unknown, or its session is gone. Expired ones may still be answered.
  virtual Task<AccessRecord> FindAccess(Digest token_hash, Deadline deadline) = 0;
  // Removes access tokens expired before `now`, and sessions idle since `idle_since` or created
  // before `created_before`. Answers the ids of the sessions removed. Bounded work per call: while
  // it answers any, there may be more.
  virtual Task<std::vector<SessionId>> Sweep(WallTime now, WallTime idle_since,
                                             WallTime created_before, Deadline deadline) = 0;
};

struct ChannelRecord {
  ChannelId id;
  ChannelKind kind = ChannelKind::kPublic;
  // Unique. Public and private: what people call it; direct: "direct:<id>:<id>", smaller user id
  // first; inbox: "inbox:<user id>".
  std::string name;
  std::string topic;
  UserId creator;
  ClientKey request_id{};  // Of the creation, so that it can be repeated.
  WallTime create_time;
  std::uint32_t member_count = 0;
  Head head;
  // Effects (projection.h) of events up to `effects_done` are in their inboxes; the newest event
  // that has any is `effects_last`.
  Seq effects_done;
  Seq effects_last;
};
struct MemberRecord {
  UserId user;
  std::string username;
  Role role = Role::kNone;  // kNone: not a member (any more).
  bool banned = false;
  Seq joined_seq;
};
struct JoinedRecord {
  ChannelRecord channel;
  Role role = Role::kMember;
  Seq joined_seq;
  Seq read_seq;
  std::uint64_t read_countable = 0;
  Actor peer;  // Direct channels: the other member.
};
// What decides whether a user may read a channel.
struct ChannelAccess {
  ChannelRecord channel;  // Its head as EventLog::ReadHead tells it.
  MemberRecord member;    // The user's, of that head or later; role kNone for who never was one.
};
// All that a sequencer must know of a channel, as of `channel.head`.
struct ChannelSnapshot {
  ChannelRecord channel;
  std::vector<MemberRecord> members;  // Banned ones included.
};
// How creating a channel ended: with the new record, or with the one that has the name.
struct ChannelCreation {
  bool created = false;
  ChannelRecord channel;
};

class ChannelStore {
 public:
  virtual ~ChannelStore() = default;
  // The name decides. The log starts empty; the epoch is the store's.
  virtual Task<ChannelCreation> CreateChannel(ChannelRecord channel, Deadline deadline) = 0;
  virtual Task<ChannelRecord> GetChannel(ChannelId id, Deadline deadline) = 0;       // NotFound.
  virtual Task<ChannelRecord> FindChannel(std::string name, Deadline deadline) = 0;  // NotFound.
  // Public channels that have events, by name, ascending: names with `prefix`, after `after_name`.
  virtual Task<std::vector<ChannelRecord>> ListPublic(std::string prefix, std::string after_name,
                                                      std::size_t limit, Deadline deadline) = 0;
  // The user's channels but the inbox, by id, ascending, those after `after`.
  virtual Task<std::vector<JoinedRecord>> ListJoined(UserId user, ChannelId after,
                                                     std::size_t limit, Deadline deadline) = 0;
  // Members (not the banned), by username, ascending, those after `after_name`.
  virtual Task<std::vector<MemberRecord>> ListMembers(ChannelId channel, std::string after_name,
                                                      std::size_t limit, Deadline deadline) = 0;
  // role kNone for who never was one; no error.
  virtual Task<MemberRecord> GetMember(ChannelId channel, UserId user, Deadline deadline) = 0;
  // In one look, where the store can. NotFound.
  virtual Task<ChannelAccess> GetAccess(ChannelId channel, UserId user, Deadline deadline) = 0;
  virtual Task<ChannelSnapshot> LoadChannel(ChannelId channel, Deadline deadline) = 0;  // NotFound.
  // Channels whose effects_done < effects_last.
  virtual Task<std::vector<ChannelId>> ListPendingEffects(std::size_t limit, Deadline deadline) = 0;
  // Raises effects_done to `seq`.
  virtual Task<void> MarkEffectsDone(ChannelId channel, Seq seq, Deadline deadline) = 0;
};

}  // namespace yap::core
