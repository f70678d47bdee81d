// core/channel_rules.h: who may do what in a channel. Pure: one command, one state, one ruling.
// Whether a user may learn that a channel exists comes before everything else: to a stranger,
// whatever is asked of a private channel is answered as if there were none.
#pragma once

#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "core/channel_state.h"
#include "core/event.h"
#include "core/limits.h"
#include "crypto/hash.h"

namespace yap::core {

// What can be asked of a channel's sequencer. Texts are normalised and checked already.
struct PostMessage {
  std::string text;
  Seq reply_to = Seq();
  bool reply_exists = true;  // There is a message at `reply_to`, or it is 0.
};
struct JoinChannel {
  bool may_join_more = true;  // The user is in fewer than kJoinedChannelsMax channels.
};
struct LeaveChannel {};
struct InviteMember {
  Actor user;
  bool may_join_more = true;  // Of that user.
};
struct RemoveMember {
  Actor user;
  bool ban = false;
};
struct SetMemberRole {
  Actor user;
  Role role = Role::kMember;
};
struct ChangeChannel {
  std::optional<std::string> topic;
  std::optional<ChannelKind> kind;
};
// The first events of a log: the channel, then its first members, in one append.
struct FoundChannel {
  ChannelCreated channel;
  std::vector<MemberJoined> members;
};
// What only the server writes: the events of inboxes.
struct DeliverEvent {
  Body body;
};
using Action = std::variant<PostMessage, JoinChannel, LeaveChannel, InviteMember, RemoveMember,
                            SetMemberRole, ChangeChannel, FoundChannel, DeliverEvent>;

// By what right: that of the actor's role in the channel, or the server's own, which needs none.
enum class Authority : std::uint8_t { kRole, kServer };

struct Command {
  Actor actor;
  Authority authority = Authority::kRole;
  Action action;
  ClientKey key{};  // None: the sequencer draws one.
  // The key may have been used by an earlier attempt: look for it before the rules.
  bool maybe_repeated = false;
  // Of the log when the first attempt was made; 0: unknown.
  Seq first_attempt_head = {};
};

// Of the request: what has to be the same for a second write with its key to be the same write.
Digest FingerprintOf(const Action& action);
// How many events the action makes at most, and about how many bytes.
std::size_t EventCountOf(const Action& action);
std::size_t BytesOf(const Action& action);

// Nothing to write: it is so already, since the event at `seq`.
struct AlreadySo {
  Seq seq;
};
// The bodies of the events to write (one, but for FoundChannel), or AlreadySo.
using Ruling = std::variant<std::vector<Body>, AlreadySo>;

struct RuleLimits {
  std::size_t members_max = kChannelMembersMax;
};

// Errors: those of core/reasons.h, "Channels and members". CHANNEL_NOT_FOUND names no channel:
// whoever knows what the caller called it adds that.
Result<Ruling> Judge(const Command& command, const ChannelState& state, const RuleLimits& limits);

// May `user`, whose place in the channel is `role` and `banned`, know of it, and read it? The
// channel is named in errors by `label`. Shared by the rules and by reads.
std::string LabelOf(ChannelKind kind, const std::string& name, ChannelId id);
Result<> CheckVisible(ChannelKind kind, UserId creator, UserId user, Role role);
Result<> CheckMember(ChannelKind kind, const std::string& label, Role role, bool banned);

Error ChannelNotFound();
Error TooManyChannels();
// `label` as in CheckMember.
Error InboxFixed(const std::string& label);

}  // namespace yap::core
