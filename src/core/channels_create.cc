// How channels come to be. A channel is a row, whose name is unique, and then its first events in
// one append. Between the two it is there for nobody but its creator, who finishes it by asking
// again.
#include <fmt/format.h>

#include "base/log.h"
#include "core/after_write.h"
#include "core/channels_impl.h"
#include "core/reasons.h"
#include "core/revocations.h"
#include "unicode/names.h"

namespace yap::core {
namespace {

std::string DirectName(UserId a, UserId b) {
  return fmt::format("direct:{}:{}", std::min(a, b).value, std::max(a, b).value);
}

bool MayGoOn(const ChannelRecord& existing, UserId user, const ClientKey& request_id) {
  const bool repeat = !IsNone(request_id) && existing.request_id == request_id;
  return existing.creator == user && (repeat || existing.head.seq == Seq());
}

Error NameTaken(const std::string& name) {
  return MakeError(Errc::kAlreadyExists, reason::kNameTaken,
                   fmt::format("there is a channel {} already; choose another name", name))
      .With("name", name)
      .InField("name");
}

Error TargetIsSelf() {
  return MakeError(Errc::kInvalidArgument, reason::kTargetIsSelf,
                   "this is yourself; for notes to yourself, create a private channel")
      .InField("user");
}

Result<> CheckName(const std::string& name) {
  auto checked = unicode::CheckChannelName(name);
  if (!checked) return Fail(std::move(checked).error().InField("name"));
  return {};
}

// One join of the lobby for each user, ever: who has left it is not brought back by a login.
ClientKey LobbyKey(UserId user) {
  const Digest digest = Sha256(fmt::format("lobby {}", user.value));
  ClientKey key{};
  std::copy_n(digest.begin(), key.size(), key.begin());
  return key;
}

}  // namespace

Task<ChannelRecord> ChannelsImpl::Create(Principal who, CreateChannelRequest request,
                                         Deadline deadline) {
  YAP_CO_TRY_VOID(CheckName(request.name));
  YAP_CO_TRY_VOID(CheckVisibility(request.kind));
  YAP_CO_TRY(request.topic, CheckTopic(request.topic));
  YAP_CO_TRY_VOID(co_await CheckMayCreate(who, request.name, request.request_id, deadline));
  ChannelRecord wanted;
  wanted.kind = request.kind;
  wanted.name = request.name;
  wanted.topic = request.topic;
  wanted.request_id = request.request_id;
  YAP_CO_TRY(const auto claimed, co_await ClaimPaid(wanted, who, deadline));
  if (!MayGoOn(claimed, who.user, request.request_id)) co_return Fail(NameTaken(request.name));
  FoundChannel found{{request.kind, request.name, request.topic},
                     {{{who.user, who.username}, Role::kOwner}}};
  YAP_CO_TRY_VOID(co_await Found(who, claimed.id, std::move(found), deadline));
  co_return AfterWrite(co_await ports_.channels.GetChannel(claimed.id, deadline));
}

// A repeat is let through: what it repeats may have been the last one allowed.
Task<void> ChannelsImpl::CheckMayCreate(Principal who, std::string name, ClientKey request_id,
                                        Deadline deadline) {
  YAP_CO_TRY(const bool more, co_await MayJoinMore(who.user, deadline));
  if (more) co_return Result<>();
  auto existing = co_await ports_.channels.FindChannel(std::move(name), deadline);
  if (existing && MayGoOn(*existing, who.user, request_id)) co_return Result<>();
  co_return Fail(TooManyChannels());
}

// The row that has the name: the caller's new one, or whatever was there.
Task<ChannelRecord> ChannelsImpl::Claim(ChannelRecord wanted, Principal who, Deadline deadline) {
  wanted.id = ChannelId(ports_.random.NextId());
  wanted.creator = who.user;
  wanted.create_time = ports_.clock.Now();
  YAP_CO_TRY(auto made, co_await ports_.channels.CreateChannel(std::move(wanted), deadline));
  co_return std::move(made.channel);
}

// What has no events yet costs its founder's rate, and costs it before there is a row: a name is
// never given back.
Task<ChannelRecord> ChannelsImpl::ClaimPaid(ChannelRecord wanted, Principal who,
                                            Deadline deadline) {
  auto existing = co_await ports_.channels.FindChannel(wanted.name, deadline);
  if (existing && existing->head.seq != Seq()) co_return existing;
  if (!existing && existing.error().code != Errc::kNotFound) co_return existing;
  YAP_CO_TRY_VOID(pool_.Charge(who.user, ports_.clock.Mono()));
  co_return co_await Claim(std::move(wanted), std::move(who), deadline);
}

// REQUIRES: it is paid for, and the channel is `who`'s to found.
Task<void> ChannelsImpl::Found(Principal who, ChannelId channel, FoundChannel found,
                               Deadline deadline) {
  Command command{{who.user, who.username}, Authority::kServer, std::move(found)};
  YAP_CO_TRY_VOID(AfterWrite(co_await Submit(channel, std::move(command), deadline)));
  co_return Result<>();
}

Task<JoinedView> ChannelsImpl::OpenDirect(Principal who, UserRef other, ClientKey request_id,
                                          Deadline deadline) {
  YAP_CO_TRY(auto peer, co_await FindUser(std::move(other), deadline));
  if (peer.id == who.user) co_return Fail(TargetIsSelf());
  auto existing = co_await ports_.channels.FindChannel(DirectName(who.user, peer.id), deadline);
  if (existing && existing->head.seq != Seq()) {
    co_return co_await JoinedOf(who.user, existing->id, deadline);
  }
  YAP_CO_TRY(const auto made, co_await MakeDirect(who, std::move(peer), request_id, deadline));
  co_return AfterWrite(co_await JoinedOf(who.user, made, deadline));
}

// Both may do it at once, and either may finish what the other began: the events are the same but
// for their actor, and their keys let only one of them in.
Task<ChannelId> ChannelsImpl::MakeDirect(Principal who, UserRecord other, ClientKey request_id,
                                         Deadline deadline) {
  for (const UserId user : {who.user, other.id}) {
    YAP_CO_TRY(const bool more, co_await MayJoinMore(user, deadline));
    if (!more) co_return Fail(TooManyChannels());
  }
  ChannelRecord wanted;
  wanted.kind = ChannelKind::kDirect;
  wanted.name = DirectName(who.user, other.id);
  wanted.request_id = request_id;
  YAP_CO_TRY(const auto claimed, co_await ClaimPaid(std::move(wanted), who, deadline));
  FoundChannel found{
      {ChannelKind::kDirect, claimed.name, ""},
      {{{who.user, who.username}, Role::kMember}, {{other.id, other.name}, Role::kMember}}};
  YAP_CO_TRY_VOID(co_await Found(who, claimed.id, std::move(found), deadline));
  co_return claimed.id;
}

Task<ChannelId> ChannelsImpl::EnsureLobby(Deadline deadline) {
  auto existing = co_await ports_.channels.FindChannel(options_.lobby, deadline);
  if (existing && existing->head.seq != Seq()) co_return existing->id;
  YAP_CO_TRY_VOID(unicode::CheckChannelName(options_.lobby));
  ChannelRecord wanted;
  wanted.name = options_.lobby;
  YAP_CO_TRY(const auto claimed, co_await Claim(std::move(wanted), Principal{}, deadline));
  const FoundChannel found{{ChannelKind::kPublic, options_.lobby, ""}, {}};
  const Command command{Actor{}, Authority::kServer, found};
  YAP_CO_TRY_VOID(co_await Submit(claimed.id, command, deadline));
  co_return claimed.id;
}

Task<void> ChannelsImpl::EnsureUserChannels(UserRecord user, Deadline deadline) {
  YAP_CO_TRY_VOID(co_await inboxes_.Ensure(user, deadline));
  if (options_.lobby.empty()) co_return Result<>();
  co_return co_await JoinLobby(std::move(user), deadline);
}

Task<void> ChannelsImpl::JoinLobby(UserRecord user, Deadline deadline) {
  YAP_CO_TRY(const auto lobby, co_await EnsureLobby(deadline));
  YAP_CO_TRY(const auto member, co_await ports_.channels.GetMember(lobby, user.id, deadline));
  if (member.role != Role::kNone || member.banned) co_return Result<>();
  const Command command{
      {user.id, user.name}, Authority::kServer, JoinChannel{}, LobbyKey(user.id), true};
  auto joined = co_await Submit(lobby, command, deadline);
  if (joined) co_return Result<>();
  if (joined.error().reason != reason::kChannelFull && joined.error().reason != reason::kBanned) {
    co_return Fail(std::move(joined).error());
  }
  log::Info("a user could not join the lobby",
            {{"user", user.id.value}, {"reason", joined.error().reason}});
  co_return Result<>();
}

Task<void> ChannelsImpl::AppendToInbox(UserRecord user, Body body, ClientKey key,
                                       Deadline deadline) {
  co_return co_await inboxes_.Deliver(user.id, Actor{}, std::move(body), key, deadline);
}

// Without a key: a session that outlived its first end, because it could not be deleted, ends a
// second time, and gateways must hear of that, too.
Task<void> ChannelsImpl::RecordRevocations(std::vector<SessionId> sessions, Deadline deadline) {
  for (const SessionId session : sessions) {
    const Command command{Actor{}, Authority::kServer, DeliverEvent{SessionRevoked{session}}};
    YAP_CO_TRY_VOID(co_await pool_.Write(kRevocationLog, command, deadline));
  }
  co_return Result<>();
}

Task<void> ChannelsImpl::Recover(Deadline deadline) {
  if (!options_.lobby.empty()) YAP_CO_TRY_VOID(co_await EnsureLobby(deadline));
  co_return co_await ReplayEffects(deadline);
}

// Activating a channel replays; this waits for the end of it, in rounds, because a round is bounded
// and another process may be at the same work.
Task<void> ChannelsImpl::ReplayEffects(Deadline deadline) {
  while (!deadline.Expired(ports_.clock)) {
    YAP_CO_TRY(const auto pending,
               co_await ports_.channels.ListPendingEffects(kReplayChannelsMax, deadline));
    if (pending.empty()) co_return Result<>();
    log::Info("replaying effects a former run left undone", {{"channels", pending.size()}});
    for (const auto channel : pending) {
      YAP_CO_TRY_VOID(co_await pool_.AwaitEffects(channel, deadline));
    }
    // Another process may be at work on the same effects: give it time, do not ask in circles.
    co_await SleepFor(ports_.clock, kEffectPauseMin);
  }
  co_return Fail(Errc::kDeadlineExceeded, reason::kDeadline,
                 "the deadline passed before all effects were replayed");
}

}  // namespace yap::core
