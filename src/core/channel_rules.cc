#include "core/channel_rules.h"

#include <fmt/format.h>

#include <type_traits>

#include "core/reasons.h"

namespace yap::core {
namespace {

std::string_view RoleName(Role role) {
  switch (role) {
    case Role::kNone:
      return "none";
    case Role::kMember:
      return "member";
    case Role::kModerator:
      return "moderator";
    case Role::kOwner:
      return "owner";
  }
  return "none";
}

std::string LabelOf(const ChannelState& state) {
  return core::LabelOf(state.kind(), state.name(), state.id());
}

// One command on one state: the parts of Judge, with what they share.
class Judgement {
 public:
  Judgement(const Command& command, const ChannelState& state, const RuleLimits& limits)
      : command_(command), state_(state), limits_(limits), actor_(command.actor.user) {}

  Result<Ruling> Rule() const {
    return std::visit([this](const auto& action) { return On(action); }, command_.action);
  }

 private:
  Result<Ruling> On(const PostMessage& post) const {
    YAP_TRY_VOID(NeedMember());
    if (state_.kind() == ChannelKind::kInbox) return Fail(InboxFixed(LabelOf(state_)));
    if (!post.reply_exists) return Fail(ReplyTargetInvalid(post.reply_to));
    return Write(MessagePosted{post.text, post.reply_to});
  }

  Result<Ruling> On(const JoinChannel& join) const {
    YAP_TRY_VOID(NeedVisible());
    if (const auto joined = JoinedSeq(actor_)) return AlreadySo{*joined};
    if (state_.kind() == ChannelKind::kInbox) return Fail(InboxFixed(LabelOf(state_)));
    if (state_.IsBanned(actor_)) return Fail(Banned("you are"));
    YAP_TRY_VOID(NeedRoom(join.may_join_more));
    return Write(MemberJoined{command_.actor, Role::kMember});
  }

  Result<Ruling> On(const LeaveChannel&) const {
    YAP_TRY_VOID(NeedMember());
    YAP_TRY_VOID(NeedMutable());
    if (IsLastOwner(actor_) && state_.member_count() > 1) return Fail(LastOwner());
    return Write(MemberLeft{command_.actor});
  }

  Result<Ruling> On(const InviteMember& invite) const {
    YAP_TRY_VOID(NeedMember());
    YAP_TRY_VOID(NeedMutable());
    const bool open = state_.kind() == ChannelKind::kPublic;
    if (!open) YAP_TRY_VOID(NeedRole(Role::kModerator));
    if (const auto joined = JoinedSeq(invite.user.user)) return AlreadySo{*joined};
    if (state_.IsBanned(invite.user.user) && !HasRole(Role::kModerator)) {
      return Fail(Banned(invite.user.username + " is"));
    }
    YAP_TRY_VOID(NeedRoom(invite.may_join_more));
    return Write(MemberJoined{invite.user, Role::kMember});
  }

  Result<Ruling> On(const RemoveMember& remove) const {
    YAP_TRY_VOID(NeedMember());
    YAP_TRY_VOID(NeedMutable());
    YAP_TRY_VOID(NeedRole(Role::kModerator));
    if (remove.user.user == actor_) return Fail(TargetIsSelf());
    if (remove.ban && state_.IsBanned(remove.user.user)) return AlreadySo{state_.head().seq};
    const Role target = state_.RoleOf(remove.user.user);
    // Who never was in a private channel must not learn of it by being banned.
    const bool ahead = remove.ban && state_.kind() == ChannelKind::kPublic;
    if (target == Role::kNone && !ahead) return Fail(MemberNotFound(remove.user));
    if (target >= Role::kModerator) YAP_TRY_VOID(NeedRole(Role::kOwner));
    return Write(MemberRemoved{remove.user, remove.ban});
  }

  Result<Ruling> On(const SetMemberRole& set) const {
    YAP_TRY_VOID(NeedMember());
    YAP_TRY_VOID(NeedMutable());
    YAP_TRY_VOID(NeedRole(Role::kOwner));
    const Role before = state_.RoleOf(set.user.user);
    if (before == Role::kNone) return Fail(MemberNotFound(set.user));
    if (before == set.role) return AlreadySo{state_.head().seq};
    if (IsLastOwner(set.user.user) && !IsServer()) return Fail(LastOwner());
    return Write(MemberRoleChanged{set.user, set.role});
  }

  Result<Ruling> On(const ChangeChannel& change) const {
    YAP_TRY_VOID(NeedMember());
    YAP_TRY_VOID(NeedMutable());
    YAP_TRY_VOID(NeedRole(change.kind ? Role::kOwner : Role::kModerator));
    ChannelChanged body{change.topic, change.kind};
    if (body.topic == state_.topic()) body.topic.reset();
    if (body.kind == state_.kind()) body.kind.reset();
    if (!body.topic && !body.kind) return AlreadySo{state_.head().seq};
    return Write(std::move(body));
  }

  Result<Ruling> On(const FoundChannel& found) const {
    if (state_.head().seq != Seq()) return AlreadySo{Seq(1)};
    std::vector<Body> bodies{found.channel};
    bodies.insert(bodies.end(), found.members.begin(), found.members.end());
    return bodies;
  }

  Result<Ruling> On(const DeliverEvent& deliver) const { return Write(deliver.body); }

  static Result<Ruling> Write(Body body) { return std::vector<Body>{std::move(body)}; }

  bool IsServer() const { return command_.authority == Authority::kServer; }
  bool HasRole(Role role) const { return IsServer() || state_.RoleOf(actor_) >= role; }
  bool IsLastOwner(UserId user) const {
    return state_.owner_count() == 1 && state_.RoleOf(user) == Role::kOwner;
  }
  std::optional<Seq> JoinedSeq(UserId user) const {
    const auto* member = state_.Find(user);
    if (member == nullptr || member->role == Role::kNone) return std::nullopt;
    return member->joined_seq;
  }

  // A channel without an event is one whose creation is not finished: there is none yet.
  Result<> NeedVisible() const {
    const bool founded = state_.head().seq != Seq() || state_.kind() == ChannelKind::kInbox;
    if (!founded) return Fail(ChannelNotFound());
    if (IsServer()) return {};
    return CheckVisible(state_.kind(), state_.creator(), actor_, state_.RoleOf(actor_));
  }
  Result<> NeedMember() const {
    YAP_TRY_VOID(NeedVisible());
    if (IsServer()) return {};
    return CheckMember(state_.kind(), LabelOf(state_), state_.RoleOf(actor_),
                       state_.IsBanned(actor_));
  }
  Result<> NeedMutable() const {
    if (state_.kind() == ChannelKind::kDirect) return Fail(DirectFixed());
    if (state_.kind() == ChannelKind::kInbox) return Fail(InboxFixed(LabelOf(state_)));
    return {};
  }
  Result<> NeedRole(Role role) const {
    if (HasRole(role)) return {};
    return Fail(RoleTooLow(role));
  }
  Result<> NeedRoom(bool may_join_more) const {
    if (!may_join_more) return Fail(TooManyChannels());
    if (state_.member_count() < limits_.members_max) return {};
    return Fail(MakeError(Errc::kResourceExhausted, reason::kChannelFull,
                          fmt::format("#{} has {} members, as many as a channel can have; somebody "
                                      "must leave first",
                                      state_.name(), limits_.members_max))
                    .With("channel", LabelOf(state_))
                    .With("members_max", fmt::format("{}", limits_.members_max)));
  }

  Error RoleTooLow(Role needed) const {
    return MakeError(Errc::kPermissionDenied, reason::kRoleTooLow,
                     fmt::format("you are {} of #{}, and this takes the role {}; ask an owner",
                                 RoleName(state_.RoleOf(actor_)), state_.name(), RoleName(needed)))
        .With("channel", LabelOf(state_))
        .With("role", std::string(RoleName(state_.RoleOf(actor_))))
        .With("role_needed", std::string(RoleName(needed)));
  }
  Error Banned(std::string_view who) const {
    return MakeError(Errc::kPermissionDenied, reason::kBanned,
                     fmt::format("{} banned from #{}; a moderator or an owner lifts a ban by "
                                 "inviting",
                                 who, state_.name()))
        .With("channel", LabelOf(state_));
  }
  Error LastOwner() const {
    return MakeError(Errc::kFailedPrecondition, reason::kLastOwner,
                     fmt::format("#{} would be left without an owner; make another member owner "
                                 "first",
                                 state_.name()))
        .With("channel", LabelOf(state_));
  }
  Error MemberNotFound(const Actor& user) const {
    return MakeError(Errc::kNotFound, reason::kMemberNotFound,
                     fmt::format("{} is not a member of #{}; list the members to see who is",
                                 user.username, state_.name()))
        .With("channel", LabelOf(state_))
        .With("user", user.username);
  }
  Error DirectFixed() const {
    return MakeError(Errc::kFailedPrecondition, reason::kDirectChannelFixed,
                     "a direct channel has its two members for ever, and no name, topic or roles; "
                     "create a private channel instead")
        .With("channel", LabelOf(state_));
  }
  static Error TargetIsSelf() {
    return MakeError(Errc::kInvalidArgument, reason::kTargetIsSelf,
                     "this is yourself; to go, leave the channel")
        .InField("user");
  }
  static Error ReplyTargetInvalid(Seq seq) {
    return MakeError(Errc::kInvalidArgument, reason::kReplyTargetInvalid,
                     fmt::format("there is no message {} in this channel to reply to", seq.value))
        .With("reply_to_seq", fmt::format("{}", seq.value))
        .InField("reply_to_seq");
  }

  const Command& command_;
  const ChannelState& state_;
  const RuleLimits& limits_;
  const UserId actor_;
};

// Numbers of deliveries in fingerprints, which are stored: never renumbered, so that a replay by a
// later version is the same write.
template <class T>
constexpr int kDelivery = -1;
template <>
constexpr int kDelivery<MessagePosted> = 0;
template <>
constexpr int kDelivery<MemberJoined> = 1;
template <>
constexpr int kDelivery<MemberLeft> = 2;
template <>
constexpr int kDelivery<MemberRemoved> = 3;
template <>
constexpr int kDelivery<MemberRoleChanged> = 4;
template <>
constexpr int kDelivery<ChannelCreated> = 5;
template <>
constexpr int kDelivery<ChannelChanged> = 6;
template <>
constexpr int kDelivery<AddedToChannel> = 7;
template <>
constexpr int kDelivery<RemovedFromChannel> = 8;
template <>
constexpr int kDelivery<ReadMoved> = 9;
template <>
constexpr int kDelivery<SessionRevoked> = 10;

int DeliveryNumber(const Body& body) {
  return std::visit(
      []<class T>(const T&) {
        static_assert(kDelivery<T> >= 0, "a new body takes a new number");
        return kDelivery<T>;
      },
      body);
}

// Each action as text that no other action has: numbers first, free text last.
struct Canonical {
  std::string operator()(const PostMessage& a) const {
    return fmt::format("post {} {}", a.reply_to.value, a.text);
  }
  std::string operator()(const JoinChannel&) const { return "join"; }
  std::string operator()(const LeaveChannel&) const { return "leave"; }
  std::string operator()(const InviteMember& a) const {
    return fmt::format("invite {}", a.user.user.value);
  }
  std::string operator()(const RemoveMember& a) const {
    return fmt::format("remove {} {}", a.user.user.value, a.ban);
  }
  std::string operator()(const SetMemberRole& a) const {
    return fmt::format("role {} {}", a.user.user.value, static_cast<int>(a.role));
  }
  std::string operator()(const ChangeChannel& a) const {
    const int kind = a.kind ? static_cast<int>(*a.kind) : 0;
    return fmt::format("change {} {} {}", kind, a.topic.has_value(), a.topic.value_or(""));
  }
  std::string operator()(const FoundChannel& a) const {
    return fmt::format("found {} {} {}", static_cast<int>(a.channel.kind), a.channel.name,
                       a.channel.topic);
  }
  // A body has no text of its own here: the key alone says which delivery it is.
  std::string operator()(const DeliverEvent& a) const {
    return fmt::format("deliver {}", DeliveryNumber(a.body));
  }
};

}  // namespace

Digest FingerprintOf(const Action& action) { return Sha256(std::visit(Canonical{}, action)); }

std::size_t EventCountOf(const Action& action) {
  const auto* found = std::get_if<FoundChannel>(&action);
  return found == nullptr ? 1 : 1 + found->members.size();
}

std::size_t BytesOf(const Action& action) {
  constexpr std::size_t kOtherThanText = 256;  // Names, numbers, keys: less than this.
  if (const auto* post = std::get_if<PostMessage>(&action)) {
    return kOtherThanText + post->text.size();
  }
  return EventCountOf(action) * (kOtherThanText + kTopicBytesMax);
}

Result<Ruling> Judge(const Command& command, const ChannelState& state, const RuleLimits& limits) {
  return Judgement(command, state, limits).Rule();
}

Result<> CheckVisible(ChannelKind kind, UserId creator, UserId user, Role role) {
  switch (kind) {
    case ChannelKind::kPublic:
      return {};
    case ChannelKind::kPrivate:
    case ChannelKind::kDirect:
      if (role == Role::kNone) return Fail(ChannelNotFound());
      return {};
    case ChannelKind::kInbox:
      if (creator != user) return Fail(ChannelNotFound());
      return {};
  }
  return Fail(ChannelNotFound());
}

Result<> CheckMember(ChannelKind kind, const std::string& label, Role role, bool banned) {
  if (role != Role::kNone || kind == ChannelKind::kInbox) return {};
  if (banned) {
    return Fail(MakeError(Errc::kPermissionDenied, reason::kBanned,
                          fmt::format("you are banned from #{}; a moderator or an owner lifts a "
                                      "ban by inviting",
                                      label))
                    .With("channel", label));
  }
  return Fail(
      MakeError(Errc::kPermissionDenied, reason::kNotAMember,
                fmt::format("you have not joined #{0}; join it first: `yap join {0}`", label))
          .With("channel", label));
}

// A direct channel's name is the server's own; people know it by nothing.
std::string LabelOf(ChannelKind kind, const std::string& name, ChannelId id) {
  const bool named = kind == ChannelKind::kPublic || kind == ChannelKind::kPrivate;
  return named ? name : fmt::format("{}", id.value);
}

Error TooManyChannels() {
  return MakeError(Errc::kResourceExhausted, reason::kTooManyChannels,
                   fmt::format("the user is in {} channels, as many as a user can be in; leave one "
                               "first",
                               kJoinedChannelsMax))
      .With("channels_max", fmt::format("{}", kJoinedChannelsMax));
}

Error InboxFixed(const std::string& label) {
  return MakeError(Errc::kFailedPrecondition, reason::kInboxFixed,
                   "an inbox is written by the server alone; use another channel")
      .With("channel", label);
}

Error ChannelNotFound() {
  return MakeError(Errc::kNotFound, reason::kChannelNotFound,
                   "there is no such channel, or it is private and you are not in it; check the "
                   "name, or ask a member to invite you");
}

}  // namespace yap::core
