// Who is in a channel, and as what.
#include "core/channels_impl.h"
#include "core/reasons.h"

namespace yap::core {
namespace {

Actor ActorOf(const UserRecord& user) { return {user.id, user.name}; }

Result<> CheckRole(Role role) {
  if (role >= Role::kMember && role <= Role::kOwner) return {};
  return Fail(MakeError(Errc::kInvalidArgument, reason::kFieldInvalid,
                        "the role must be member, moderator or owner")
                  .InField("role"));
}

Command ByServer(Action action) { return {Actor{}, Authority::kServer, std::move(action)}; }

}  // namespace

Task<Written> ChannelsImpl::Join(Principal who, ChannelRef channel, ClientKey request_id,
                                 Deadline deadline) {
  YAP_CO_TRY(const bool more, co_await MayJoinMore(who.user, deadline));
  co_return co_await Write(std::move(who), std::move(channel), JoinChannel{more}, request_id,
                           deadline);
}

Task<Written> ChannelsImpl::Leave(Principal who, ChannelRef channel, ClientKey request_id,
                                  Deadline deadline) {
  co_return co_await Write(std::move(who), std::move(channel), LeaveChannel{}, request_id,
                           deadline);
}

Task<Written> ChannelsImpl::Invite(Principal who, ChannelRef channel, UserRef user,
                                   ClientKey request_id, Deadline deadline) {
  YAP_CO_TRY(const auto invited, co_await FindUser(std::move(user), deadline));
  YAP_CO_TRY(const bool more, co_await MayJoinMore(invited.id, deadline));
  co_return co_await Write(std::move(who), std::move(channel), InviteMember{ActorOf(invited), more},
                           request_id, deadline);
}

Task<Written> ChannelsImpl::Remove(Principal who, ChannelRef channel, UserRef user, bool ban,
                                   ClientKey request_id, Deadline deadline) {
  YAP_CO_TRY(const auto removed, co_await FindUser(std::move(user), deadline));
  co_return co_await Write(std::move(who), std::move(channel), RemoveMember{ActorOf(removed), ban},
                           request_id, deadline);
}

Task<Written> ChannelsImpl::SetRole(Principal who, ChannelRef channel, UserRef user, Role role,
                                    ClientKey request_id, Deadline deadline) {
  YAP_CO_TRY_VOID(CheckRole(role));
  YAP_CO_TRY(const auto member, co_await FindUser(std::move(user), deadline));
  co_return co_await Write(std::move(who), std::move(channel), SetMemberRole{ActorOf(member), role},
                           request_id, deadline);
}

Task<Written> ChannelsImpl::Update(Principal who, ChannelRef channel,
                                   std::optional<std::string> topic,
                                   std::optional<ChannelKind> kind, ClientKey request_id,
                                   Deadline deadline) {
  if (!topic && !kind) {
    co_return Fail(MakeError(Errc::kInvalidArgument, reason::kFieldRequired,
                             "nothing to change: give a topic, a visibility or both")
                       .InField("topic"));
  }
  if (kind) YAP_CO_TRY_VOID(CheckVisibility(*kind));
  if (topic) {
    YAP_CO_TRY(*topic, CheckTopic(*topic));
  }
  co_return co_await Write(std::move(who), std::move(channel),
                           ChangeChannel{std::move(topic), kind}, request_id, deadline);
}

Task<ChannelRecord> ChannelsImpl::AdminGet(std::string name, Deadline deadline) {
  co_return co_await Find(std::move(name), deadline);
}

Task<Written> ChannelsImpl::AdminRemove(std::string channel, std::string user, bool ban,
                                        Deadline deadline) {
  YAP_CO_TRY(const auto removed, co_await FindUser(std::move(user), deadline));
  co_return co_await Submit(std::move(channel), ByServer(RemoveMember{ActorOf(removed), ban}),
                            deadline);
}

Task<Written> ChannelsImpl::AdminSetRole(std::string channel, std::string user, Role role,
                                         Deadline deadline) {
  YAP_CO_TRY_VOID(CheckRole(role));
  YAP_CO_TRY(const auto member, co_await FindUser(std::move(user), deadline));
  co_return co_await Submit(std::move(channel), ByServer(SetMemberRole{ActorOf(member), role}),
                            deadline);
}

}  // namespace yap::core
